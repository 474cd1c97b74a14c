import { useEffect, useState } from 'react'
import styles from './Loading.module.css'

const delayMs = 150

interface LoadingRowsProps {
  readonly rows?: number
  readonly rowHeight?: number
}

/** Rows of the true shape, only when the answer takes longer than a glance. The space is there from the start. */
export function LoadingRows({ rows = 3, rowHeight = 52 }: LoadingRowsProps) {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), delayMs)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div role="status" aria-busy="true" style={{ minHeight: rows * rowHeight }}>
      {late && <span className="visuallyHidden">Loading</span>}
      {late &&
        Array.from({ length: rows }, (_unused, row) => (
          <div key={row} className={styles.row} style={{ height: rowHeight }} aria-hidden>
            <span className={styles.bar} style={{ width: `${34 - ((row * 7) % 16)}%` }} />
            <span className={styles.bar} style={{ width: '16%' }} />
            <span className={styles.bar} style={{ width: '12%' }} />
          </div>
        ))}
    </div>
  )
}
