import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Notice } from '../../components/Notice.tsx'
import { useKnocks } from './doorQueries.ts'
import { waitingWords } from './doorWords.ts'
import styles from './door.module.css'

/** On every page of the owner's window while somebody waits: they do so for two minutes only. */
export function DoorNotice() {
  const waiting = useKnocks().data?.items.length ?? 0
  const navigate = useNavigate()
  if (waiting === 0) return null
  return (
    <div className={styles.notice}>
      <Notice
        tone="attention"
        announce
        actions={<Button onClick={() => void navigate({ to: '/people', search: { door: true } })}>Look</Button>}
      >
        {waitingWords(waiting)}
      </Notice>
    </div>
  )
}
