import { useCallback, useId, useMemo, useRef, useState } from 'react'
import type { JobAnswer, NewPlace } from '../../../proxy/contract/jobs.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { CancelJobDialog } from './CancelJobDialog.tsx'
import { HeldToast } from './HeldToast.tsx'
import { useChangeJob, useMoveJob } from './jobQueries.ts'
import { behindWords } from './jobWords.ts'
import { JobRow } from './JobRow.tsx'
import type { RowAction } from './JobRow.tsx'
import { movedTo, placeAtGap, placeOneStep } from './lineOrder.ts'
import styles from './JobLine.module.css'
import { useLineDrag } from './useLineDrag.ts'

interface JobLineProps {
  readonly jobs: readonly JobAnswer[]
  /** Whether jobs begin: otherwise no times are foretold. */
  readonly moves: boolean
}

/** Everybody's line: drag a row, move it with the arrow keys on its grip, or choose in its menu. */
export function JobLine({ jobs: fresh, moves }: JobLineProps) {
  const list = useRef<HTMLOListElement>(null)
  const hintId = useId()
  const [frozen, setFrozen] = useState<readonly JobAnswer[]>()
  const [said, setSaid] = useState('')
  const [cancelling, setCancelling] = useState<JobAnswer>()
  const [held, setHeld] = useState<JobAnswer>()
  const move = useMoveJob('everybody')
  const change = useChangeJob()
  const jobs = frozen ?? fresh
  const ids = useMemo(() => jobs.map(({ id }) => id), [jobs])
  const behind = useMemo(() => behindWords(jobs), [jobs])

  const moveTo = useCallback(
    (id: string, to: NewPlace | undefined) => {
      const job = jobs.find((other) => other.id === id)
      if (job === undefined || to === undefined) return
      move.mutate({ id, to })
      const place = movedTo(jobs, id, to).findIndex((other) => other.id === id) + 1
      setSaid(`${job.user.name}’s job is now ${place} of ${jobs.length}.`)
    },
    [jobs, move],
  )
  const { drag, gripProps } = useLineDrag({
    list,
    onDrop: (id, gap) => moveTo(id, placeAtGap(ids, id, gap)),
  })
  // While a row is carried, the others stay where they are.
  if (drag !== undefined && frozen === undefined) setFrozen(fresh)
  if (drag === undefined && frozen !== undefined) setFrozen(undefined)

  const carriedFrom = drag === undefined ? -1 : ids.indexOf(drag.id)
  const act = (job: JobAnswer, action: RowAction) => {
    switch (action) {
      case 'up':
      case 'down':
        moveTo(job.id, placeOneStep(ids, job.id, action))
        return
      case 'first':
      case 'last':
        moveTo(job.id, action)
        return
      case 'hold':
        change.mutate({ id: job.id, held: true }, { onSuccess: () => setHeld(job) })
        return
      case 'cancel':
        setCancelling(job)
    }
  }
  return (
    <>
      <p id={hintId} className="visuallyHidden">
        Drag to move, or press the arrow keys up and down.
      </p>
      <p role="status" className="visuallyHidden">
        {said}
      </p>
      <Refusal error={move.error ?? change.error} />
      <HeldToast
        job={held}
        words={`${held?.user.name ?? ''}’s job is on hold.`}
        change={change}
        onClose={() => setHeld(undefined)}
      />
      <ol ref={list} className={styles.list} aria-label="Jobs in line" data-dragging={drag !== undefined}>
        {jobs.map((job, index) => (
          <JobRow
            key={job.id}
            job={job}
            number={index + 1}
            behind={behind[index] ?? ''}
            moves={moves}
            isFirst={index === 0}
            isLast={index === jobs.length - 1}
            carried={drag?.id === job.id ? drag.carried : undefined}
            shift={toShift(drag, carriedFrom, index)}
            hintId={hintId}
            grip={gripProps(job.id)}
            onAction={(action) => act(job, action)}
          />
        ))}
      </ol>
      {cancelling !== undefined && (
        <CancelJobDialog job={cancelling} isOwn={false} onClose={() => setCancelling(undefined)} />
      )}
    </>
  )
}

/** The rows between where the carried one was and where it would be dropped make room. */
function toShift(drag: { gap: number; height: number } | undefined, from: number, index: number): number {
  if (drag === undefined || from < 0) return 0
  if (index > from && index < drag.gap) return -drag.height
  return index < from && index >= drag.gap ? drag.height : 0
}
