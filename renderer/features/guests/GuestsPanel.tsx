import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { Person } from '../../../proxy/contract/accounts.ts'
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { Section } from '../../components/Section.tsx'
import { useNow } from '../../components/useNow.ts'
import { count } from '../../words/names.ts'
import { useRemovePerson } from '../people/peopleQueries.ts'
import { SettingRow, SwitchSetting } from '../settings/SettingRow.tsx'
import { useSetSetting, useSettings } from '../settings/settingsQueries.ts'
import styles from './guests.module.css'
import { endWords, presenceWords, staysWith } from './guestWords.ts'

/** Whether strangers may look around, and who does. */
export function GuestsPanel({ guests }: { readonly guests: readonly Person[] }) {
  const settings = useSettings().data
  const allowed = useSetSetting<'guests.allowed'>()
  const hours = useSetSetting<'guests.hours'>()
  const [closing, setClosing] = useState(false)
  if (settings === undefined) return null
  const isOn = allowed.isPending ? allowed.variables.value : settings['guests.allowed']
  const stay = hours.isPending ? hours.variables.value : settings['guests.hours']
  const choices = staysWith(stay)
  return (
    <Section title="Guests">
      <div>
        <SwitchSetting
          label="Let guests in"
          hint="Whoever reaches your sign-in page may look around without an account: run the workflows that you open to everybody, a few times a day, with pictures of their own. They see nobody else’s pictures and no canvas."
          checked={isOn}
          error={allowed.error}
          onChange={(value) => {
            if (!value && guests.length > 0) setClosing(true)
            else allowed.mutate({ name: 'guests.allowed', value })
          }}
        />
        {isOn && (
          <SettingRow
            label="How long a guest stays"
            hint="What they made is deleted then. It counts for those who come from now on."
            error={hours.error}
          >
            <NativeSelect
              aria-label="How long a guest stays"
              value={String(stay)}
              onChange={(event) => {
                const chosen = choices.find((choice) => String(choice.hours) === event.currentTarget.value)
                if (chosen !== undefined) hours.mutate({ name: 'guests.hours', value: chosen.hours })
              }}
              data={choices.map((choice) => ({ value: String(choice.hours), label: choice.label }))}
            />
          </SettingRow>
        )}
      </div>
      {(isOn || guests.length > 0) && <p className={styles.presence}>{presenceWords(guests.length)}</p>}
      {guests.length > 0 && (
        <ul className={styles.list} aria-label="Guests who are here">
          {guests.map((guest) => (
            <GuestRow key={guest.id} person={guest} />
          ))}
        </ul>
      )}
      {closing && (
        <ConfirmDialog
          title="Let no guests in any more?"
          action={`Send away ${count(guests.length, 'guest')}`}
          busy={allowed.isPending}
          error={allowed.error}
          onConfirm={() =>
            allowed.mutate({ name: 'guests.allowed', value: false }, { onSuccess: () => setClosing(false) })
          }
          onClose={() => setClosing(false)}
        >
          <p>{presenceWords(guests.length)} They are signed out at once, and what they made is deleted for good.</p>
        </ConfirmDialog>
      )}
    </Section>
  )
}

function GuestRow({ person }: { readonly person: Person }) {
  const letGo = useRemovePerson(person.id)
  const nowMs = useNow(60_000)
  const endsAt = person.guest?.endsAt ?? null
  const until = endsAt === null ? 'stays until you let them go' : `goes ${endWords(endsAt, nowMs)}`
  return (
    <li className={styles.row}>
      <div>
        <p>
          <strong>{person.name}</strong>
          {person.connected && ', here now'}
        </p>
        <p className="quiet small">
          {until}, from {person.guest?.address ?? 'somewhere'}
        </p>
        <Refusal error={letGo.error} />
      </div>
      <Button
        variant="default"
        aria-label={`Let ${person.name} go: what they made is deleted`}
        loading={letGo.isPending}
        onClick={() => letGo.mutate()}
      >
        Let go
      </Button>
    </li>
  )
}
