import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useCountdown } from './useCountdown.ts'

interface TryButtonProps {
  readonly error: unknown
  readonly loading: boolean
  readonly children: ReactNode
}

/**
 * Sends the form. After too many wrong tries it says how long the pause still is, and can be pressed all the same:
 * whoever runs the computer may have ended it, and a try that comes too early is answered but not counted.
 */
export function TryButton({ error, loading, children }: TryButtonProps) {
  const left = useCountdown(error)
  const isPaused = left > 0
  return (
    <>
      {isPaused && (
        <p className="quiet small">
          {pauseWords(left)} Whoever runs this computer can end the pause: then press <i>Try now</i>.
        </p>
      )}
      <Button type="submit" size="md" fullWidth loading={loading} variant={isPaused ? 'default' : 'filled'}>
        {isPaused ? 'Try now' : children}
      </Button>
    </>
  )
}

const pauseWords = (left: number): string => `${left} ${left === 1 ? 'second' : 'seconds'} left.`
