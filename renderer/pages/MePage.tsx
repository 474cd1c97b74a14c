import { Button } from '@mantine/core'
import { IconExternalLink, IconLogout } from '@tabler/icons-react'
import { useEffect } from 'react'
import type { ReactNode } from 'react'
import type { SessionAnswer } from '../../proxy/contract/accounts.ts'
import { ApiError } from '../api/apiError.ts'
import { useGateEvents } from '../api/gateEvents.ts'
import { ErrorState, Refusal } from '../components/ErrorState.tsx'
import { GateMark } from '../components/GateMark.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { Notice } from '../components/Notice.tsx'
import { Section } from '../components/Section.tsx'
import { useSession, useSignOut } from '../features/account/accountQueries.ts'
import { canOpenCanvas } from '../features/account/landingPath.ts'
import { ChangePassword } from '../features/account/ChangePassword.tsx'
import { OwnKeys } from '../features/account/OwnKeys.tsx'
import { ownRoleWords, welcomeWords } from '../features/account/roleWelcome.ts'
import { DeviceList } from '../features/devices/DeviceList.tsx'
import styles from './MePage.module.css'

const signInPath = '/login?next=%2Fgatehouse%2F'

/** Me: the way to the canvas, and everything that is one's own. */
export function MePage() {
  const session = useSession()
  const signedOut = session.error instanceof ApiError && session.error.status === 401
  useEffect(() => {
    if (signedOut) window.location.replace(signInPath)
  }, [signedOut])
  if (session.isPending || signedOut) return <Frame>{<LoadingRows rows={5} />}</Frame>
  // Once it stands, the page stays while the computer is gone: it says so above and tries again.
  if (session.data === undefined) {
    return (
      <Frame>
        <h1 className="visuallyHidden">Your page</h1>
        <ErrorState what="Your page could not be read." error={session.error} onRetry={() => void session.refetch()} />
      </Frame>
    )
  }
  return (
    <Frame account={<SignOut />}>
      <Liveness />
      <Greeting session={session.data} />
      <Section title="Your keys" hint="A key lets a tool such as Krita or a script in as you.">
        <OwnKeys />
      </Section>
      <Section title="Your password">
        <ChangePassword />
      </Section>
      <Section title="Where you are signed in">
        <DeviceList />
      </Section>
    </Frame>
  )
}

function Frame({ account, children }: { readonly account?: ReactNode; readonly children: ReactNode }) {
  return (
    <div className={styles.root}>
      <header className={styles.bar}>
        <span className={styles.brand}>
          <GateMark size={26} state={{ kind: 'running' }} />
          Gatehouse
        </span>
        {account}
      </header>
      <main className={styles.main}>{children}</main>
    </div>
  )
}

function SignOut() {
  const signOut = useSignOut()
  return (
    <div className={styles.signOut}>
      <Button
        variant="default"
        leftSection={<IconLogout size={16} aria-hidden />}
        loading={signOut.isPending || signOut.isSuccess}
        onClick={() => signOut.mutate(undefined, { onSuccess: () => window.location.replace('/login') })}
      >
        Sign out
      </Button>
      <Refusal error={signOut.error} />
    </div>
  )
}

/** A connection that died unnoticed, as phones have them, is noticed by asking now and then. */
const askEveryMs = { live: 5 * 60_000, otherwise: 60_000 }

/** Keeps the page fresh, and says when the computer is gone. */
function Liveness() {
  const liveness = useGateEvents()
  const session = useSession({ askEveryMs: liveness === 'live' ? askEveryMs.live : askEveryMs.otherwise })
  const unreachable = session.error instanceof ApiError && session.error.code === 'UNREACHABLE'
  if (liveness !== 'lost' && !unreachable) return null
  return (
    <div className={styles.lost}>
      <Notice tone="problem" announce>
        <strong>The computer does not answer.</strong> It may be asleep or off. This page tries again by itself.
      </Notice>
    </div>
  )
}

function Greeting({ session }: { readonly session: SessionAnswer }) {
  const { user } = session
  return (
    <div className={styles.greeting}>
      <h1>{user.name}</h1>
      <p className="quiet">{ownRoleWords(user.role)}</p>
      {canOpenCanvas(user.role) ? (
        <Button component="a" href="/" size="md" leftSection={<IconExternalLink size={18} aria-hidden />}>
          Open ComfyUI
        </Button>
      ) : (
        <p className={styles.wait}>{welcomeWords(user.role)}</p>
      )}
    </div>
  )
}
