import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import styles from './OutputViewer.module.css'

interface ViewerStepProps<Picture> {
  readonly side: 'left' | 'right'
  readonly label: string
  readonly to: Picture | undefined
  readonly onGo: (to: Picture | undefined) => void
}

/** To the picture beside the one that is shown; nothing where there is none. */
export function ViewerStep<Picture>({ side, label, to, onGo }: ViewerStepProps<Picture>) {
  if (to === undefined) return null
  const Icon = side === 'left' ? IconChevronLeft : IconChevronRight
  return (
    <button type="button" className={styles.step} data-side={side} aria-label={label} onClick={() => onGo(to)}>
      <Icon size={28} aria-hidden />
    </button>
  )
}
