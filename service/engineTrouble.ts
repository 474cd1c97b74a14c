import type { EngineHealth } from '../launcher/readinessProbe.ts'
import { enginePatches } from '../proxy/core/enginePatches.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import type { Logger } from '../proxy/core/logger.ts'
import type { UserFolderSource } from '../proxy/pipeline/engineUsers.ts'

type Reported = Pick<EngineHealth, 'patches'>

const troubleWords =
  'Gatehouse does not know this version of ComfyUI well enough to keep people apart in it, so nobody else is let in. It works for you on this computer. The log names what does not fit.'

/** The parts of the isolation that this engine lacks; none when it guards everything. */
export function findMissingParts(health: Reported): readonly string[] {
  const reported = new Map(Object.entries(health.patches))
  const names = new Set<string>([...enginePatches.filter((name) => !reported.has(name))])
  for (const [name, isPatched] of reported) if (!isPatched) names.add(name)
  return [...names]
}

/**
 * Why nobody but the owner may use the engine that runs, in words, asked anew at each call; undefined when it guards
 * everything, or when none runs. Names of parts tell people nothing: the log gets them, once for each change.
 */
export function watchEngineTrouble(
  findHealth: () => Reported | undefined,
  logger: Pick<Logger, 'error'>,
): () => string | undefined {
  let logged = ''
  return () => {
    const health = findHealth()
    if (health === undefined) return undefined
    const missing = findMissingParts(health)
    const now = missing.join(', ')
    if (now !== logged && missing.length > 0) {
      logger.error({ missing: now }, 'this ComfyUI is not guarded completely, so only the owner may use it')
    }
    logged = now
    return missing.length === 0 ? undefined : troubleWords
  }
}

/**
 * Folders that are given out only while the engine keeps people apart. The owner, who works in ComfyUI's own, goes on:
 * also over loopback, where a tunnel could bring strangers, nobody else does.
 */
export function guardFolders(folders: UserFolderSource, findTrouble: () => string | undefined): UserFolderSource {
  return {
    ensure: async (accountId) => {
      const set = await folders.ensure(accountId)
      const isOwner = Object.values(set).every((directory) => directory === null)
      if (isOwner || findTrouble() === undefined) return set
      const text = 'This ComfyUI cannot keep people apart, so only the owner of the computer can use it.'
      throw new GateError('PERMISSION_DENIED', text)
    },
    clearTemp: (accountId) => folders.clearTemp(accountId),
    onMoved: (listener) => folders.onMoved?.(listener) ?? (() => undefined),
    findGone: async (accountIds) => (await folders.findGone?.(accountIds)) ?? [],
  }
}
