import { Button } from '@mantine/core'
import type { EngineFailure as Failure } from '../../../proxy/contract/comfyui.ts'
import { Notice } from '../../components/Notice.tsx'
import styles from './EngineFailure.module.css'

interface EngineFailureProps {
  readonly failure: Failure
  readonly willRetry: boolean
  readonly onRetry: () => void
  readonly onShowLog: () => void
}

/** Why ComfyUI does not run, in words, what can be done, and the last lines of its log folded away. */
export function EngineFailure({ failure, willRetry, onRetry, onShowLog }: EngineFailureProps) {
  return (
    <Notice
      tone={willRetry ? 'attention' : 'problem'}
      announce
      actions={
        <>
          <Button variant="default" onClick={onRetry}>
            {willRetry ? 'Try now' : 'Try again'}
          </Button>
          <Button variant="default" onClick={onShowLog}>
            Show log
          </Button>
        </>
      }
    >
      <p className={styles.message}>{failure.message}</p>
      {failure.details !== '' && (
        <details>
          <summary className="small quiet">Last lines of the log</summary>
          {/* Focusable, so that the keyboard can scroll it. */}
          <pre className={styles.details} tabIndex={0}>
            {failure.details}
          </pre>
        </details>
      )}
    </Notice>
  )
}
