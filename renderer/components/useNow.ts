import { useEffect, useState } from 'react'

/** The time in milliseconds, again every `everyMs` while `active`. */
export function useNow(everyMs: number, active = true): number {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useEffect(() => {
    if (!active) return undefined
    setNowMs(Date.now())
    const timer = setInterval(() => setNowMs(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs, active])
  return nowMs
}
