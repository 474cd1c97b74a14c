import { Button } from '@mantine/core'
import { useState } from 'react'
import type { SessionAnswer } from '../../../proxy/contract/accounts.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { useNow } from '../../components/useNow.ts'
import { useSignOut } from '../account/accountQueries.ts'
import { forgetRunNotes } from '../run/runMemory.ts'
import styles from './guests.module.css'
import { deletionWords } from './guestWords.ts'

/** Says to a guest until when, and lets them go. */
export function GuestBar({ user, guest }: Pick<SessionAnswer, 'user' | 'guest'>) {
  const [leaving, setLeaving] = useState(false)
  const nowMs = useNow(60_000)
  if (guest === null) return null
  return (
    <div className={styles.bar}>
      <p>
        You are {user.name}. {deletionWords(guest.endsAt, nowMs)}
      </p>
      <Button variant="default" onClick={() => setLeaving(true)}>
        Leave
      </Button>
      {leaving && <LeaveDialog onClose={() => setLeaving(false)} />}
    </div>
  )
}

function LeaveDialog({ onClose }: { readonly onClose: () => void }) {
  const signOut = useSignOut()
  const gone = () => {
    forgetRunNotes()
    window.location.replace('/login')
  }
  return (
    <Dialog title="Leave now?" onClose={onClose}>
      <p>Everything that you made and uploaded here is deleted for good. Download first what you want to keep.</p>
      <Refusal error={signOut.error} />
      <DialogActions>
        <Button variant="default" onClick={onClose} data-autofocus>
          Stay
        </Button>
        <Button
          color="red"
          loading={signOut.isPending || signOut.isSuccess}
          onClick={() => signOut.mutate(undefined, { onSuccess: gone })}
        >
          Leave and delete what I made
        </Button>
      </DialogActions>
    </Dialog>
  )
}
