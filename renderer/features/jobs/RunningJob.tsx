import { Button } from '@mantine/core'
import { IconPlayerStopFilled } from '@tabler/icons-react'
import { useState } from 'react'
import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import { useNow } from '../../components/useNow.ts'
import { CancelJobDialog } from './CancelJobDialog.tsx'
import { elapsedWords, progressWords } from './jobWords.ts'
import styles from './RunningJob.module.css'

interface RunningJobProps {
  readonly job: JobAnswer
  /** On one's own page nobody is named. */
  readonly isOwn: boolean
}

/** The job that runs: how far it is, how long it takes, and how to stop it. */
export function RunningJob({ job, isOwn }: RunningJobProps) {
  const nowMs = useNow(1000)
  const [stopping, setStopping] = useState(false)
  const name = isOwn ? 'Your job' : `${job.user.name}’s job`
  const words = progressWords(job)
  return (
    <article className={styles.root} aria-label={`${name}, running`}>
      <div className={styles.head}>
        <div className={styles.words}>
          <p className={styles.name}>{isOwn ? 'Running now' : job.user.name}</p>
          <p className="quiet small">{job.title === '' ? `${job.nodes} nodes` : job.title}</p>
        </div>
        <Button
          variant="default"
          leftSection={<IconPlayerStopFilled size={14} aria-hidden />}
          aria-label={`Stop ${isOwn ? 'your job' : name}`}
          onClick={() => setStopping(true)}
        >
          Stop
        </Button>
      </div>
      <progress
        className={styles.bar}
        aria-label={`Progress of ${isOwn ? 'your job' : name}`}
        max={1}
        {...(job.progress === null ? {} : { value: job.progress.fraction })}
      />
      <p className={styles.facts}>
        <span>{words === '' ? 'Just started' : words}</span>
        <span className="quiet">{elapsedWords(job, nowMs)}</span>
      </p>
      {stopping && <CancelJobDialog job={job} isOwn={isOwn} onClose={() => setStopping(false)} />}
    </article>
  )
}
