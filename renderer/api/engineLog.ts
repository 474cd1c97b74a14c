import { z } from 'zod'
import { logLineSchema } from '../../proxy/contract/comfyui.ts'
import type { LogLine } from '../../proxy/contract/comfyui.ts'

/** Lines kept in the page; the program keeps its own, longer log file. */
export const maxLogLines = 10_000

const cachedSchema = z.object({ lines: z.array(logLineSchema) })

/** The cached log with new lines behind it: in order, none twice, the oldest dropped beyond `maxLogLines`. */
export function appendLogLines(cached: unknown, lines: readonly LogLine[]): { lines: LogLine[] } {
  const parsed = cachedSchema.safeParse(cached)
  const old = parsed.success ? parsed.data.lines : []
  const last = old.at(-1)?.sequence ?? -1
  const first = lines[0]
  // A new run of the program counts from the start again.
  if (first !== undefined && lines.every((line) => line.sequence < last - maxLogLines)) return { lines: [...lines] }
  const fresh = lines.filter((line) => line.sequence > last)
  return { lines: [...old, ...fresh].slice(-maxLogLines) }
}
