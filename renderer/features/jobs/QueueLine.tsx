import { Link } from '@tanstack/react-router'
import { useNow } from '../../components/useNow.ts'
import { useQueueState, useRunningJobs } from './jobQueries.ts'
import { isPausedAt, queueLine } from './jobWords.ts'

/** The queue in one line, with the way to it; nothing while nothing runs or waits. */
export function QueueLine() {
  const queue = useQueueState()
  const running = useRunningJobs()
  const nowMs = useNow(1000)
  if (queue.data === undefined || running.data === undefined) return null
  const words = queueLine(running.data, queue.data, isPausedAt(queue.data, nowMs))
  if (words === undefined) return null
  return (
    <p className="numbers">
      {words} <Link to="/jobs">Show jobs</Link>
    </p>
  )
}
