import { DAY_MS, HOUR_MS, MINUTE_MS } from '../proxy/core/time.ts'
import { UsageError } from './commandContext.ts'

const units: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS }
const MAX_MS = 3650 * DAY_MS

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
