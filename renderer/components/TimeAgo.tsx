import { toCountdown, toExactTime, toTimeAgo, toTimeLeft } from '../words/time.ts'
import { useNow } from './useNow.ts'

interface TimeProps {
  /** ISO 8601. */
  readonly at: string
}

/** "2 hours ago", with the exact time on hover. */
export function TimeAgo({ at }: TimeProps) {
  const nowMs = useNow(30_000)
  const atMs = Date.parse(at)
  return (
    <time dateTime={at} title={toExactTime(atMs)}>
      {toTimeAgo(atMs, nowMs)}
    </time>
  )
}

/** "in 3 days", with the exact time on hover. */
export function TimeLeft({ at }: TimeProps) {
  const nowMs = useNow(30_000)
  const atMs = Date.parse(at)
  return (
    <time dateTime={at} title={toExactTime(atMs)}>
      {toTimeLeft(atMs, nowMs)}
    </time>
  )
}

/** "in 95 seconds", second by second: what ends while one looks. */
export function Countdown({ at }: TimeProps) {
  const nowMs = useNow(1000)
  const atMs = Date.parse(at)
  return (
    <time dateTime={at} title={toExactTime(atMs)}>
      {toCountdown(atMs, nowMs)}
    </time>
  )
}
