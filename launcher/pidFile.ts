import fs from 'node:fs'
import { z } from 'zod'
import { hasCode } from '../proxy/core/systemErrors.ts'
import { writeFileAtomically } from './atomicFile.ts'
import type { ProcessRow } from './processTable.ts'

const recordSchema = z.object({
  version: z.literal(1),
  pid: z.number().int().min(2),
  startTime: z.string().optional(),
  port: z.number().int().min(1).max(65_535),
  startId: z.string().regex(/^[0-9a-f]{32}$/),
  commandParts: z.array(z.string().min(1)).min(1),
})

/** What one start leaves on disk so that the next run of the app can find and end it. Holds no secret. */
export type PidRecord = z.infer<typeof recordSchema>

/** The record of an earlier run; undefined where there is none or it is no record of ours. */
export function readPidFile(filePath: string): PidRecord | undefined {
  let text: string
  try {
    text = fs.readFileSync(filePath, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  const parsed = recordSchema.safeParse(parseJson(text))
  return parsed.success ? parsed.data : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A file cut short by a power failure names nobody.
    return undefined
  }
}

export function writePidFile(filePath: string, record: PidRecord): void {
  writeFileAtomically(filePath, `${JSON.stringify(record)}\n`)
}

export function removePidFile(filePath: string): void {
  fs.rmSync(filePath, { force: true })
}

/** Whether a living process is the one on record: a pid alone may have gone to somebody else. */
export function isSameProcess(record: PidRecord, row: ProcessRow): boolean {
  if (row.pid !== record.pid) return false
  if (record.startTime !== undefined && record.startTime !== row.startTime) return false
  return record.commandParts.every((part) => row.command.includes(part))
}
