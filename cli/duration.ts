import { UsageError } from './commandContext.ts'

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const MAX_MS = 3650 * 86_400_000

/** `90d`, `12h`, `30m`, `2w` in milliseconds; null for `never`. @throws UsageError */
export function parseDuration(text: string): number | null {
  if (text === 'never') return null
  const match = /^(\d{1,6})([mhdw])$/.exec(text)
  const ms = Number(match?.[1]) * (units[match?.[2] ?? ''] ?? Number.NaN)
  if (!Number.isFinite(ms) || ms <= 0 || ms > MAX_MS) {
    throw new UsageError(`"${text}" is no time: write 90d, 12h, 30m or never; ten years at most.`)
  }
  return ms
}
