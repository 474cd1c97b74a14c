import type { Clock } from '../proxy/core/clock.ts'
import type { Logger } from '../proxy/core/logger.ts'
import { startMarkName } from './launchCommand.ts'
import { isSameProcess, readPidFile, removePidFile } from './pidFile.ts'
import { listProcesses } from './processTable.ts'
import { endTree } from './processTree.ts'
import type { TreeRules } from './processTree.ts'

// A root that matches no process: what carries the marker is still found (Linux).
const nobody = -1

/**
 * Ends the engine that the pid file names, if the process is the very one; then removes the file. A foreign process
 * that has got the pid is left alone.
 * @throws ProcessTreeAlive
 */
export async function endOrphanOf(
  pidFilePath: string,
  deps: { clock: Clock; platform: NodeJS.Platform; logger: Logger; treeRules?: TreeRules },
): Promise<void> {
  const { clock, platform, logger, treeRules } = deps
  const record = readPidFile(pidFilePath)
  if (record !== undefined) {
    const rows = await listProcesses(platform)
    const orphan = rows.find((row) => isSameProcess(record, row))
    const isAlive = orphan !== undefined
    logger.info({ pid: record.pid, isAlive }, 'an earlier run left a pid file')
    const root = {
      pid: orphan?.pid ?? nobody,
      startTime: orphan?.startTime,
      marker: `${startMarkName}=${record.startId}`,
    }
    await endTree(root, { clock, platform, ...(treeRules === undefined ? {} : { rules: treeRules }) })
  }
  removePidFile(pidFilePath)
}
