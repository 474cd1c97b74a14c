import { Button } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { Refusal } from '../components/ErrorState.tsx'
import { Section } from '../components/Section.tsx'
import { useSession, useSignOut } from '../features/account/accountQueries.ts'
import { ChangePassword } from '../features/account/ChangePassword.tsx'
import { OwnKeys } from '../features/account/OwnKeys.tsx'
import { ownRoleWords } from '../features/account/roleWelcome.ts'
import { DeviceList } from '../features/devices/DeviceList.tsx'
import { forgetRunNotes } from '../features/run/runMemory.ts'
import styles from './MePage.module.css'

/** Me: who I am here, and everything that is one's own. */
export function MePage() {
  const session = useSession().data
  if (session === undefined) return null
  const { user, permissions } = session
  return (
    <div className={styles.root}>
      <div className={styles.greeting}>
        <div className={styles.words}>
          <h1>{user.name}</h1>
          <p className="quiet">{ownRoleWords(session)}</p>
        </div>
        <SignOut />
      </div>
      {permissions.includes('account') && <OwnAccount />}
    </div>
  )
}

function OwnAccount() {
  return (
    <>
      <Section title="Your keys" hint="A key lets a tool such as Krita or a script in as you.">
        <OwnKeys />
      </Section>
      <Section title="Your password">
        <ChangePassword />
      </Section>
      <Section title="Where you are signed in">
        <DeviceList />
      </Section>
    </>
  )
}

function leave(): void {
  forgetRunNotes()
  window.location.replace('/login')
}

function SignOut() {
  const signOut = useSignOut()
  return (
    <div className={styles.signOut}>
      <Button
        variant="default"
        leftSection={<IconLogout size={16} aria-hidden />}
        loading={signOut.isPending || signOut.isSuccess}
        onClick={() => signOut.mutate(undefined, { onSuccess: leave })}
      >
        Sign out
      </Button>
      <Refusal error={signOut.error} />
    </div>
  )
}
