const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const unit = (amount: number, name: string): string => `${amount} ${name}${amount === 1 ? '' : 's'}`

/** "12 s", "4 minutes", "2 hours", "3 days": one unit, rounded down. */
export function toDuration(elapsedMs: number): string {
  const elapsed = Math.max(0, elapsedMs)
  if (elapsed < minuteMs) return `${Math.floor(elapsed / 1000)} s`
  if (elapsed < hourMs) return unit(Math.floor(elapsed / minuteMs), 'minute')
  if (elapsed < 2 * dayMs) return unit(Math.floor(elapsed / hourMs), 'hour')
  return unit(Math.floor(elapsed / dayMs), 'day')
}

/** "just now", "4 minutes ago"; after four weeks the date. */
export function toTimeAgo(atMs: number, nowMs: number): string {
  const elapsed = nowMs - atMs
  if (elapsed < minuteMs) return 'just now'
  if (elapsed > 28 * dayMs) return toDate(atMs)
  return `${toDuration(elapsed)} ago`
}

/** "in 90 days", "in 5 hours", "expired": when something ends; days are rounded up, as a new key of 90 days has them. */
export function toTimeLeft(atMs: number, nowMs: number): string {
  const left = atMs - nowMs
  if (left <= 0) return 'expired'
  if (left < minuteMs) return 'in less than a minute'
  if (left > dayMs) return `in ${unit(Math.ceil(left / dayMs), 'day')}`
  return `in ${toDuration(left)}`
}

/** "in 95 seconds", and from two minutes on "in 8 minutes": what ends soon, exactly. */
export function toCountdown(atMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((atMs - nowMs) / 1000))
  return seconds < 120 ? `in ${unit(seconds, 'second')}` : `in ${unit(Math.ceil(seconds / 60), 'minute')}`
}

/** "14 Nov 2026" in the reader's own order. */
export function toDate(atMs: number): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(atMs)
}

/** Date and time to the minute, for a hover. */
export function toExactTime(atMs: number): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' }).format(atMs)
}

/** "09:04:31" */
export function toClock(atMs: number): string {
  return new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hour12: false }).format(atMs)
}

const dayThisYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long' })
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })

/** "Today", "Yesterday", "3 November", "3 November 2025": the day by the reader's own clock. */
export function toDayName(atMs: number, nowMs: number): string {
  const day = startOfDay(atMs)
  const today = startOfDay(nowMs)
  if (day === today) return 'Today'
  // Noon of yesterday is yesterday also when the clocks change.
  if (day === startOfDay(today - dayMs / 2)) return 'Yesterday'
  return new Date(atMs).getFullYear() === new Date(nowMs).getFullYear()
    ? dayThisYear.format(atMs)
    : dayOfYear.format(atMs)
}

/** The first millisecond of that day by the reader's own clock. */
export function startOfDay(atMs: number): number {
  const date = new Date(atMs)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

/** "09:04" */
export function toTimeOfDay(atMs: number): string {
  return new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }).format(atMs)
}
