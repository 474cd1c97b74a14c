import { Button } from '@mantine/core'
import { ApiError, errorMessage } from '../api/apiError.ts'
import { Notice } from './Notice.tsx'

interface ErrorStateProps {
  /** What could not be done: "The list of people could not be read." */
  readonly what: string
  readonly error: unknown
  readonly onRetry?: () => void
}

/** What happened, what to do, and the details folded away. */
export function ErrorState({ what, error, onRetry }: ErrorStateProps) {
  const details =
    error instanceof ApiError ? `${error.code}${error.status === 0 ? '' : ` · ${error.status}`}` : undefined
  return (
    <Notice
      tone="problem"
      announce
      actions={
        onRetry !== undefined && (
          <Button variant="default" size="sm" onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      <strong>{what}</strong> {errorMessage(error)}
      {details !== undefined && (
        <details>
          <summary className="small quiet">Details</summary>
          <code className="small">{details}</code>
        </details>
      )}
    </Notice>
  )
}

/** The refusal of a form or a button, beside it. */
export function Refusal({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null
  return (
    <Notice tone="problem" announce>
      {errorMessage(error)}
    </Notice>
  )
}
