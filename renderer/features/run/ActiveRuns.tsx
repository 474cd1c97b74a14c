import { Link } from '@tanstack/react-router'
import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import { placeWords, progressWords } from '../jobs/jobWords.ts'
import styles from './ActiveRuns.module.css'

/** One's own runs that are not over, each a way back to it. */
export function ActiveRuns({ runs }: { readonly runs: readonly JobAnswer[] }) {
  if (runs.length === 0) return null
  return (
    <ul className={styles.list} aria-label="Under way">
      {runs.map((job) => (
        <li key={job.id}>
          <Link to="/run" search={{ workflow: job.workflow?.id, job: job.id }} className={styles.run}>
            <span className={styles.name}>{job.workflow?.name}</span>
            <span className={styles.state}>{stateWords(job)}</span>
            <progress aria-hidden max={1} value={job.progress?.fraction ?? 0} />
          </Link>
        </li>
      ))}
    </ul>
  )
}

function stateWords(job: JobAnswer): string {
  if (job.state === 'held') return 'On hold'
  if (job.state !== 'running') return placeWords(job, false)
  return job.progress === null ? 'Just started' : progressWords(job)
}
