import { useEffect, useState } from 'react'
import { ApiError } from '../../api/apiError.ts'

/** Seconds until another try makes sense, counted down to 0 from what the refusal said. */
export function useCountdown(error: unknown): number {
  const seconds = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0
  const [left, setLeft] = useState(0)
  useEffect(() => {
    const endsAt = performance.now() + seconds * 1000
    const tick = () => setLeft(Math.max(0, Math.ceil((endsAt - performance.now()) / 1000)))
    tick()
    if (seconds === 0) return
    const timer = setInterval(tick, 250)
    return () => clearInterval(timer)
  }, [error, seconds])
  return left
}
