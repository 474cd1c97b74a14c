import { Button } from '@mantine/core'
import { Refusal } from '../../components/ErrorState.tsx'
import { useNow } from '../../components/useNow.ts'
import styles from './guests.module.css'
import { useEnterAsGuest, useGuestEntry } from './guestQueries.ts'
import { deletionWords } from './guestWords.ts'

/** The other way in, while the owner leaves it open. */
export function GuestEntry() {
  const entry = useGuestEntry().data
  const enter = useEnterAsGuest()
  const nowMs = useNow(60_000)
  if (entry?.open !== true) return null
  return (
    <section className={styles.entry} aria-label="Guests">
      <Button
        variant="default"
        size="md"
        fullWidth
        loading={enter.isPending || enter.isSuccess}
        onClick={() => enter.mutate(undefined, { onSuccess: () => window.location.replace('/gatehouse/') })}
      >
        Look around as a guest
      </Button>
      <Refusal error={enter.error} />
      <p className="quiet small">No name and no password. {deletionWords(entry.endsAt, nowMs)}</p>
    </section>
  )
}
