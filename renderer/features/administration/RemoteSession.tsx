import { Button } from '@mantine/core'
import { useEffect } from 'react'
import { ApiError } from '../../api/apiError.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { hasDesktop } from '../../desktop/desktop.ts'
import { useSession, useSignOut } from '../account/accountQueries.ts'
import styles from './RemoteSession.module.css'

/**
 * For an administrator in a browser on another device: who manages here, and the way out. In the window on the computer
 * itself there is nothing to sign out of, and nothing is shown.
 */
export function RemoteSession() {
  const session = useSession()
  const signOut = useSignOut()
  const isRemote = !hasDesktop()
  // Whoever signs out here is already on the way.
  const isSignedOut = isRemote && signOut.isIdle && session.error instanceof ApiError && session.error.status === 401
  useEffect(() => {
    if (isSignedOut) leave(`${window.location.pathname}${window.location.search}`)
  }, [isSignedOut])
  if (!isRemote || session.data === undefined) return null
  return (
    <div className={styles.root}>
      <p className={styles.who} title={session.data.user.name}>
        {session.data.user.name}
      </p>
      <p className="quiet small">You manage this Gatehouse from another device.</p>
      <Refusal error={signOut.error} />
      <Button
        variant="default"
        size="xs"
        fullWidth
        loading={signOut.isPending}
        onClick={() => signOut.mutate(undefined, { onSuccess: () => leave('/gatehouse/owner') })}
      >
        Sign out
      </Button>
    </div>
  )
}

const leave = (next: string): void => window.location.replace(`/login?next=${encodeURIComponent(next)}`)
