import { useEffect, useState } from 'react'
import styles from './Gallery.module.css'

const delayMs = 150

/** Places of pictures, only when the answer takes longer than a glance. */
export function GallerySkeleton() {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), delayMs)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div role="status" aria-busy="true" className={styles.skeleton}>
      {late && <span className="visuallyHidden">Loading</span>}
      {late && Array.from({ length: 24 }, (_unused, place) => <span key={place} data-shape={place % 5} aria-hidden />)}
    </div>
  )
}
