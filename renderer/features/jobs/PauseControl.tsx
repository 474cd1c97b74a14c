import { Button, Menu } from '@mantine/core'
import { IconChevronDown, IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react'
import type { QueueState } from '../../../proxy/contract/jobs.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { StateWord } from '../../components/StateWord.tsx'
import { useNow } from '../../components/useNow.ts'
import { usePauseQueue } from './jobQueries.ts'
import { isPausedAt, pauseChoices, pausedWords } from './jobWords.ts'
import styles from './PauseControl.module.css'

/** Pauses the line after the job that runs; while it is paused, says so and resumes. */
export function PauseControl({ state }: { readonly state: QueueState }) {
  const nowMs = useNow(1000)
  const pause = usePauseQueue()
  return (
    <div className={styles.root}>
      {isPausedAt(state, nowMs) ? (
        <>
          <StateWord tone="attention">{pausedWords(state, nowMs, 'you')}</StateWord>
          <Button
            leftSection={<IconPlayerPlayFilled size={14} aria-hidden />}
            loading={pause.isPending}
            onClick={() => pause.mutate({ paused: false })}
          >
            Resume
          </Button>
        </>
      ) : (
        <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
          <Menu.Target>
            <Button
              variant="default"
              leftSection={<IconPlayerPauseFilled size={14} aria-hidden />}
              rightSection={<IconChevronDown size={14} aria-hidden />}
              loading={pause.isPending}
            >
              {state.running > 0 ? 'Pause after this job' : 'Pause'}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {pauseChoices(nowMs).map(({ kind, label, untilMs }) => (
              <Menu.Item
                key={kind}
                onClick={() =>
                  pause.mutate(
                    untilMs === undefined ? { paused: true } : { paused: true, until: new Date(untilMs).toISOString() },
                  )
                }
              >
                {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <Refusal error={pause.error} />
    </div>
  )
}
