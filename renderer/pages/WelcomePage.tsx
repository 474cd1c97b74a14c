import { useNavigate } from '@tanstack/react-router'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { useGateEvents } from '../api/gateEvents.ts'
import { GateMark } from '../components/GateMark.tsx'
import { ErrorState } from '../components/ErrorState.tsx'
import { hasDesktop, invokeDesktop } from '../desktop/desktop.ts'
import { ChooseEngine } from '../features/comfyui/ChooseEngine.tsx'
import { useComfyui } from '../features/comfyui/comfyuiQueries.ts'
import { FirstStart } from '../features/comfyui/FirstStart.tsx'
import styles from './WelcomePage.module.css'

/** The first run: no password, one choice, one button, and then what happens, in place. */
export function WelcomePage() {
  useGateEvents()
  const comfyui = useComfyui()
  const navigate = useNavigate()
  const [started, setStarted] = useState(false)
  const goHome = () => void navigate({ to: '/', replace: true })
  const onReady = () => {
    // What the owner came for. Should it not open, Home has the button and says why.
    if (hasDesktop()) invokeDesktop('comfyui:open').catch(() => undefined)
    goHome()
  }
  return (
    <main className={styles.root}>
      <div className={styles.column}>
        <span className={styles.mark}>
          <GateMark size={48} state={{ kind: 'sharing' }} />
        </span>
        <h1>On this computer you are the owner</h1>
        <p className={styles.lead}>
          You need no password here. Gatehouse runs ComfyUI for you, and lets in only the people you add. Nobody can
          come in until you say so.
        </p>
        {comfyui.isError && (
          <ErrorState
            what="The program could not be asked."
            error={comfyui.error}
            onRetry={() => void comfyui.refetch()}
          />
        )}
        {started && comfyui.data !== undefined ? (
          <FirstStart comfyui={comfyui.data} onReady={onReady} onShowLog={goHome} onBack={() => setStarted(false)} />
        ) : (
          <>
            <h2 className={styles.question}>Which ComfyUI shall it run?</h2>
            <ChooseEngine
              action="Start"
              onChosen={() => setStarted(true)}
              secondary={
                comfyui.data !== undefined &&
                comfyui.data.choice.kind !== 'none' && (
                  <Button size="md" variant="subtle" onClick={goHome}>
                    Back to Home
                  </Button>
                )
              }
            />
          </>
        )}
      </div>
    </main>
  )
}
