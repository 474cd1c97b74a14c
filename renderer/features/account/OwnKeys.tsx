import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { KeyList } from '../keys/KeyList.tsx'
import { useKeys } from '../keys/keyQueries.ts'
import styles from './account.module.css'
import { OwnKeyDialog } from './OwnKeyDialog.tsx'

/** One's own keys: made with the password, shown once, later only masked. */
export function OwnKeys() {
  const keys = useKeys()
  const [creating, setCreating] = useState(false)
  if (keys.isPending) return <LoadingRows rows={2} />
  if (keys.isError) {
    return <ErrorState what="Your keys could not be read." error={keys.error} onRetry={() => void keys.refetch()} />
  }
  return (
    <div className={styles.wide}>
      {keys.data.length === 0 ? <p className="quiet">You have none.</p> : <KeyList keys={keys.data} />}
      <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
        New key
      </Button>
      {creating && <OwnKeyDialog onClose={() => setCreating(false)} />}
    </div>
  )
}
