import { ActionIcon, Menu } from '@mantine/core'
import {
  IconArrowDown,
  IconArrowUp,
  IconArrowBarToDown,
  IconArrowBarToUp,
  IconDots,
  IconGripVertical,
  IconPlayerPause,
  IconX,
} from '@tabler/icons-react'
import { memo } from 'react'
import type { KeyboardEvent, PointerEvent } from 'react'
import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import { TimeAgo } from '../../components/TimeAgo.tsx'
import { toPlace, toRoughDuration } from './jobWords.ts'
import styles from './JobLine.module.css'

export type RowAction = 'up' | 'down' | 'first' | 'last' | 'hold' | 'cancel'

interface GripProps {
  readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void
  readonly onPointerMove: (event: PointerEvent<HTMLElement>) => void
  readonly onPointerUp: () => void
  readonly onPointerCancel: () => void
}

interface JobRowProps {
  readonly job: JobAnswer
  readonly number: number
  readonly behind: string
  readonly moves: boolean
  readonly isFirst: boolean
  readonly isLast: boolean
  /** Pixels that the row is carried from its place; undefined while it lies. */
  readonly carried: number | undefined
  /** Pixels that the row makes room for the one that is carried. */
  readonly shift: number
  readonly hintId: string
  readonly grip: GripProps
  readonly onAction: (action: RowAction) => void
}

/** One job of everybody's line. */
export function JobRow({ job, number, behind, moves, carried, shift, hintId, grip, onAction, ...ends }: JobRowProps) {
  const offset = carried ?? shift
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
    event.preventDefault()
    onAction(event.key === 'ArrowUp' ? 'up' : 'down')
  }
  return (
    <li
      className={styles.row}
      data-job={job.id}
      data-carried={carried !== undefined}
      {...(offset === 0 ? {} : { style: { transform: `translateY(${offset}px)` } })}
    >
      <button
        type="button"
        className={styles.grip}
        aria-label={`Move ${job.user.name}’s job, ${number} in line`}
        aria-describedby={hintId}
        onKeyDown={onKey}
        {...grip}
      >
        <IconGripVertical size={18} aria-hidden />
      </button>
      <span className={styles.number} aria-hidden>
        {number}
      </span>
      <div className={styles.words}>
        <p className={styles.name}>{job.user.name}</p>
        <p className="quiet small">
          {[job.title === '' ? `${job.nodes} nodes` : job.title, behind].filter(Boolean).join(' · ')}
        </p>
      </div>
      <div className={styles.time}>
        <p>{toWait(job, moves)}</p>
        <p className="quiet small">
          sent <TimeAgo at={job.createdAt} />
        </p>
      </div>
      <RowMenu name={job.user.name} onAction={onAction} {...ends} />
    </li>
  )
}

function toWait(job: JobAnswer, moves: boolean): string {
  if (job.state === 'starting' || !moves || job.expectedWaitSeconds === null) return toPlace(job)
  const wait = toRoughDuration(job.expectedWaitSeconds)
  return job.position === 0 ? `Next, in ${wait}` : `In ${wait}`
}

interface RowMenuProps {
  readonly name: string
  readonly isFirst: boolean
  readonly isLast: boolean
  readonly onAction: (action: RowAction) => void
}

/** Mantine's menu of a hundred rows would be drawn again with every event; its parts do not change. */
const RowMenu = memo(function RowMenu({ name, isFirst, isLast, onAction }: RowMenuProps) {
  return (
    <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={36}
          aria-label={`What to do with ${name}’s job`}
          className={styles.menu}
        >
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          disabled={isFirst}
          leftSection={<IconArrowBarToUp size={16} aria-hidden />}
          onClick={() => onAction('first')}
        >
          Move to the front
        </Menu.Item>
        <Menu.Item
          disabled={isFirst}
          leftSection={<IconArrowUp size={16} aria-hidden />}
          onClick={() => onAction('up')}
        >
          Move up
        </Menu.Item>
        <Menu.Item
          disabled={isLast}
          leftSection={<IconArrowDown size={16} aria-hidden />}
          onClick={() => onAction('down')}
        >
          Move down
        </Menu.Item>
        <Menu.Item leftSection={<IconArrowBarToDown size={16} aria-hidden />} onClick={() => onAction('last')}>
          Behind {name}’s others
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconPlayerPause size={16} aria-hidden />} onClick={() => onAction('hold')}>
          Hold
        </Menu.Item>
        <Menu.Item
          className={styles.cancel ?? ''}
          leftSection={<IconX size={16} aria-hidden />}
          onClick={() => onAction('cancel')}
        >
          Cancel
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
})
