import { Button, Drawer, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { Person, RoleId } from '../../../proxy/contract/accounts.ts'
import { fieldMessage } from '../../api/apiError.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { useFocusReturn } from '../../components/useFocusReturn.ts'
import { DeviceList } from '../devices/DeviceList.tsx'
import { NewPasswordDialog } from './NewPasswordDialog.tsx'
import { useUpdatePerson } from './peopleQueries.ts'
import { PersonKeys } from './PersonKeys.tsx'
import { RemovePersonDialog } from './RemovePersonDialog.tsx'
import { RoleChoice } from './RoleChoice.tsx'
import styles from './PersonDrawer.module.css'

interface PersonDrawerProps {
  readonly person: Person
  readonly onNewKey: () => void
  readonly onClose: () => void
}

/** Everything about one person, in the order one usually needs it. */
export function PersonDrawer({ person, onNewKey, onClose }: PersonDrawerProps) {
  useFocusReturn()
  return (
    <Drawer
      opened
      onClose={onClose}
      title={person.name}
      position="right"
      size={480}
      data-fills-window
      closeButtonProps={{ 'aria-label': 'Close' }}
      classNames={{ title: styles.title ?? '', header: styles.header ?? '', body: styles.body ?? '' }}
    >
      <NameForm key={person.name} person={person} />
      {person.isOwner ? (
        <p className="quiet">
          This is you. You run this computer, so your role stays Administrator and you cannot be turned away.
        </p>
      ) : (
        <RoleForm key={person.role} person={person} />
      )}
      <PasswordPart person={person} />
      <section aria-label="Signed in on" className={styles.part}>
        <h3>Signed in on</h3>
        <DeviceList userId={person.id} />
      </section>
      <section aria-label="Keys" className={styles.part}>
        <h3>Keys</h3>
        <PersonKeys person={person} onNewKey={onNewKey} />
      </section>
      {!person.isOwner && <EndPart person={person} onGone={onClose} />}
    </Drawer>
  )
}

function NameForm({ person }: { readonly person: Person }) {
  const [name, setName] = useState(person.name)
  const update = useUpdatePerson(person.id)
  const changed = name.trim() !== person.name && name.trim() !== ''
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (changed) update.mutate({ name })
  }
  const nameError = fieldMessage(update.error, 'name')
  return (
    <form onSubmit={submit} className={styles.part}>
      <div className={styles.line}>
        <TextInput
          label="Name"
          value={name}
          maxLength={40}
          onChange={(event) => setName(event.currentTarget.value)}
          error={nameError}
          className={styles.grow}
          autoComplete="off"
        />
        {changed && (
          <Button type="submit" loading={update.isPending}>
            Rename
          </Button>
        )}
      </div>
      {nameError === undefined && <Refusal error={update.error} />}
    </form>
  )
}

function RoleForm({ person }: { readonly person: Person }) {
  const [role, setRole] = useState<RoleId>(person.role)
  const update = useUpdatePerson(person.id)
  return (
    <div className={styles.part}>
      <RoleChoice value={role} onChange={setRole} disabled={update.isPending} />
      <Refusal error={update.error} />
      {role !== person.role && (
        <div className={styles.line}>
          <Button loading={update.isPending} onClick={() => update.mutate({ role })}>
            Change role
          </Button>
          <Button variant="default" onClick={() => setRole(person.role)}>
            Keep as it is
          </Button>
        </div>
      )}
    </div>
  )
}

function PasswordPart({ person }: { readonly person: Person }) {
  const [open, setOpen] = useState(false)
  return (
    <section aria-label="Password" className={styles.part}>
      <h3>Password</h3>
      <p className="quiet">{passwordWords(person)}</p>
      <Button variant="default" onClick={() => setOpen(true)}>
        {person.hasPassword ? 'New password' : 'Set a password'}
      </Button>
      {open && <NewPasswordDialog person={person} onClose={() => setOpen(false)} />}
    </section>
  )
}

function passwordWords(person: Person): string {
  if (person.isOwner) {
    return person.hasPassword
      ? 'Here you need none. It is for signing in from other devices.'
      : 'Here you need none. Set one to sign in from your other devices too.'
  }
  return person.hasPassword
    ? 'Nobody can read it, not even you. Forgotten? Set a new one and tell it.'
    : 'Without one, this person cannot sign in.'
}

function EndPart({ person, onGone }: { readonly person: Person; readonly onGone: () => void }) {
  const update = useUpdatePerson(person.id)
  const [removing, setRemoving] = useState(false)
  return (
    <section aria-label="Ending access" className={styles.part}>
      <h3>{person.disabled ? 'Turned away' : 'End access'}</h3>
      <p className="quiet">
        {person.disabled
          ? `${person.name} cannot come in, and keys do not work. Everything is kept.`
          : 'Turning away signs out every device and stops every key at once; everything is kept until you let the person in again.'}
      </p>
      <div className={styles.line}>
        <Button
          variant="default"
          loading={update.isPending}
          onClick={() => update.mutate({ disabled: !person.disabled })}
        >
          {person.disabled ? `Let ${person.name} in again` : `Turn ${person.name} away`}
        </Button>
        <Button variant="light" color="red" onClick={() => setRemoving(true)}>
          Remove
        </Button>
      </div>
      <Refusal error={update.error} />
      {removing && <RemovePersonDialog person={person} onClose={() => setRemoving(false)} onGone={onGone} />}
    </section>
  )
}
