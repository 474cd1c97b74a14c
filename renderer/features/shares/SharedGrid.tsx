import { useState } from 'react'
import type { SharedOutput } from '../../../proxy/contract/shares.ts'
import { sharedLinks } from './sharedLinks.ts'
import styles from './SharedGrid.module.css'

interface SharedGridProps {
  readonly pictures: readonly SharedOutput[]
  readonly onOpen: (id: string) => void
}

/** What others share, what was shared last first. */
export function SharedGrid({ pictures, onOpen }: SharedGridProps) {
  return (
    <ul className={styles.grid}>
      {pictures.map((picture) => (
        <li key={picture.id}>
          <button
            type="button"
            className={styles.tile}
            aria-label={`Picture ${picture.name} from ${picture.from.name}`}
            onClick={() => onOpen(picture.id)}
          >
            <Preview picture={picture} />
            <span className={styles.person}>{picture.from.name}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

function Preview({ picture }: { readonly picture: SharedOutput }) {
  const [broken, setBroken] = useState(false)
  if (broken) return <span className={styles.broken}>Not shared any more</span>
  return (
    <img
      src={sharedLinks.thumbnail(picture.id, 256)}
      alt=""
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setBroken(true)}
    />
  )
}
