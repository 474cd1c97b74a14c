import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import { StateWord } from '../../components/StateWord.tsx'
import { TimeAgo } from '../../components/TimeAgo.tsx'
import { endedFacts, endedStateWords, toEndedState } from './jobWords.ts'
import styles from './JobList.module.css'

interface EndedJobsProps {
  readonly jobs: readonly JobAnswer[]
  readonly isOwn: boolean
}

const tones = { succeeded: 'good', failed: 'problem', cancelled: 'quiet' } as const

/** What ended lately: how, how long it took and what it gave; why it failed is folded. */
export function EndedJobs({ jobs, isOwn }: EndedJobsProps) {
  return (
    <ul className={styles.list}>
      {jobs.map((job) => {
        const state = toEndedState(job.state)
        const title = job.title === '' ? `${job.nodes} nodes` : job.title
        return (
          <li key={job.id} className={styles.row}>
            <div className={styles.words}>
              <p className={styles.head}>
                <span className={styles.name}>{isOwn ? title : job.user.name}</span>
                <StateWord tone={tones[state]}>{endedStateWords[state]}</StateWord>
              </p>
              {!isOwn && <p className="quiet small">{title}</p>}
              {state === 'failed' && job.reason !== null && (
                <details className={styles.why}>
                  <summary>Why</summary>
                  <p className={styles.reason}>{job.reason}</p>
                </details>
              )}
            </div>
            <div className={styles.facts}>
              <p>{job.endedAt !== null && <TimeAgo at={job.endedAt} />}</p>
              <p className="quiet small">{endedFacts(job)}</p>
            </div>
          </li>
        )
      })}
    </ul>
  )
}
