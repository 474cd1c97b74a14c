import { Button } from '@mantine/core'
import { IconExternalLink, IconRefresh } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useId } from 'react'
import type { ReactNode } from 'react'
import type { Comfyui } from '../../../proxy/contract/comfyui.ts'
import { BigSwitch } from '../../components/BigSwitch.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { GateMark } from '../../components/GateMark.tsx'
import { useNow } from '../../components/useNow.ts'
import { hasDesktop, invokeDesktop } from '../../desktop/desktop.ts'
import { SwitchPanel } from '../SwitchPanel.tsx'
import { useEngineCommand } from './comfyuiQueries.ts'
import { EngineFailure } from './EngineFailure.tsx'
import { describeChoice, describeEngine, engineRhythmMs, isEngineMoving, isEngineWanted } from './engineWords.ts'

interface EngineSwitchProps {
  readonly comfyui: Comfyui
  /** Where ComfyUI is reached from this computer, for a page outside the desktop window. */
  readonly localUrl: string | undefined
  readonly onShowLog: () => void
  /** What it does while it runs. */
  readonly children?: ReactNode
}

/** The first large switch: ComfyUI itself, with everything about its state where it acts. */
export function EngineSwitch({ comfyui, localUrl, onShowLog, children }: EngineSwitchProps) {
  const { state } = comfyui
  const minuteClockMs = useNow(30_000)
  const nowMs = useNow(engineRhythmMs(state, minuteClockMs))
  const command = useEngineCommand()
  const words = describeEngine(state, nowMs)
  const stateId = useId()
  const starting = command.isPending && command.variables === 'start'
  return (
    <SwitchPanel
      mark={<GateMark state={words.mark} size={40} />}
      tone={words.tone}
      title="ComfyUI"
      state={words.state}
      stateId={stateId}
      detail={words.detail ?? describeChoice(comfyui.choice)}
      control={
        <BigSwitch
          label="ComfyUI"
          describedBy={stateId}
          on={starting || isEngineWanted(state)}
          busy={starting || isEngineMoving(state)}
          fraction={state.kind === 'starting' ? state.progress.fraction : undefined}
          disabled={state.kind === 'stopping'}
          onChange={(on) => command.mutate(on ? 'start' : 'stop')}
        />
      }
    >
      {(state.kind === 'failed' || state.kind === 'backingOff') && (
        <EngineFailure
          failure={state.failure}
          willRetry={state.kind === 'backingOff'}
          onRetry={() => command.mutate('start')}
          onShowLog={onShowLog}
        />
      )}
      <Refusal error={command.error} />
      {state.kind === 'ready' && (
        <>
          {children}
          <OpenComfyui localUrl={localUrl} />
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} aria-hidden />}
            loading={command.isPending && command.variables === 'restart'}
            onClick={() => command.mutate('restart')}
          >
            Restart
          </Button>
        </>
      )}
    </SwitchPanel>
  )
}

function OpenComfyui({ localUrl }: { readonly localUrl: string | undefined }) {
  const open = useMutation({ mutationFn: () => invokeDesktop('comfyui:open') })
  const icon = <IconExternalLink size={16} aria-hidden />
  if (!hasDesktop()) {
    return (
      <Button component="a" href={localUrl} target="_blank" rel="noreferrer" leftSection={icon}>
        Open ComfyUI
      </Button>
    )
  }
  return (
    <>
      <Button onClick={() => open.mutate()} loading={open.isPending} leftSection={icon}>
        Open ComfyUI
      </Button>
      <Refusal error={open.error} />
    </>
  )
}
