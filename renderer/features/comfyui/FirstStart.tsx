import { Button } from '@mantine/core'
import { useEffect, useRef } from 'react'
import type { Comfyui } from '../../../proxy/contract/comfyui.ts'
import { GateMark } from '../../components/GateMark.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { useNow } from '../../components/useNow.ts'
import { SwitchPanel } from '../SwitchPanel.tsx'
import { useEngineCommand } from './comfyuiQueries.ts'
import { EngineFailure } from './EngineFailure.tsx'
import { describeChoice, describeEngine } from './engineWords.ts'
import { FoldedLog } from './FoldedLog.tsx'

interface FirstStartProps {
  readonly comfyui: Comfyui
  readonly onReady: () => void
  readonly onShowLog: () => void
  readonly onBack: () => void
}

/** The very first start, watched: it goes on by itself when ComfyUI runs, and says in words when it does not. */
export function FirstStart({ comfyui, onReady, onShowLog, onBack }: FirstStartProps) {
  const { state } = comfyui
  const nowMs = useNow(500)
  const words = describeEngine(state, nowMs)
  const command = useEngineCommand()
  const ready = state.kind === 'ready'
  const told = useRef(false)
  useEffect(() => {
    if (!ready || told.current) return
    told.current = true
    onReady()
  }, [ready, onReady])
  return (
    <>
      <SwitchPanel
        mark={<GateMark state={words.mark} size={40} />}
        tone={words.tone}
        title={describeChoice(comfyui.choice)}
        state={words.state}
        stateId="first-start"
        detail={words.detail}
        control={null}
      >
        {state.kind === 'starting' && (
          <progress value={state.progress.fraction} max={1} aria-label="Start of ComfyUI" />
        )}
        {(state.kind === 'failed' || state.kind === 'backingOff') && (
          <EngineFailure
            failure={state.failure}
            willRetry={state.kind === 'backingOff'}
            onRetry={() => command.mutate('start')}
            onShowLog={onShowLog}
          />
        )}
        {state.kind === 'starting' && (
          <p className="quiet">The first start can take a minute or two. It opens by itself as soon as it runs.</p>
        )}
        <Refusal error={command.error} />
        {state.kind !== 'ready' && state.kind !== 'starting' && (
          <Button variant="default" onClick={onBack}>
            Choose another one
          </Button>
        )}
      </SwitchPanel>
      <FoldedLog>{null}</FoldedLog>
    </>
  )
}
