import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useCountdown } from './useCountdown.ts'

interface TryButtonProps {
  readonly error: unknown
  readonly loading: boolean
  readonly children: ReactNode
}

/** Sends the form; after too many wrong tries it says for how long there is a pause. */
export function TryButton({ error, loading, children }: TryButtonProps) {
  const left = useCountdown(error)
  return (
    <Button type="submit" size="md" fullWidth loading={loading} disabled={left > 0}>
      {left > 0 ? `Try again in ${left} ${left === 1 ? 'second' : 'seconds'}` : children}
    </Button>
  )
}
