import { Button } from '@mantine/core'
import { useEffect, useRef } from 'react'
import styles from './MoreRows.module.css'

interface MoreRowsProps {
  readonly shown: number
  readonly total: number
  readonly onMore: () => void
}

/** The end of a list that is longer than what is drawn: more comes when it is scrolled into view or asked for. */
export function MoreRows({ shown, total, onMore }: MoreRowsProps) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (element.current === null) return undefined
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) onMore()
      },
      { rootMargin: '600px' },
    )
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [onMore])
  if (shown >= total) return null
  return (
    <div ref={element} className={styles.root}>
      <p className="quiet small numbers">{`${shown} of ${total}`}</p>
      <Button variant="default" onClick={onMore}>
        Show more
      </Button>
    </div>
  )
}
