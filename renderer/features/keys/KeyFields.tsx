import { Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { defaultKeyLifetimeDays, defaultScopes } from '../../../proxy/contract/keys.ts'
import type { Scope } from '../../../proxy/contract/keys.ts'
import { lifetimes, scopeWords } from './keyWords.ts'
import styles from './KeyFields.module.css'

export interface KeyDraft {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresInDays: number | null
}

export const emptyKeyDraft: KeyDraft = { name: '', scopes: defaultScopes, expiresInDays: defaultKeyLifetimeDays }

interface KeyFieldsProps {
  readonly draft: KeyDraft
  readonly onChange: (draft: KeyDraft) => void
  readonly offered: readonly Scope[]
  readonly nameError: string | undefined
}

/** Name, rights and lifetime of a new key. */
export function KeyFields({ draft, onChange, offered, nameError }: KeyFieldsProps) {
  const toggle = (scope: Scope, on: boolean) => {
    const scopes = on ? [...draft.scopes, scope] : draft.scopes.filter((other) => other !== scope)
    // Running includes looking: both go on together, and looking alone is what remains.
    onChange({ ...draft, scopes: on && scope === 'run' ? [...new Set<Scope>([...scopes, 'read'])] : scopes })
  }
  return (
    <>
      <TextInput
        label="What is it for?"
        placeholder="Krita on the laptop"
        value={draft.name}
        onChange={(event) => onChange({ ...draft, name: event.currentTarget.value })}
        error={nameError}
        maxLength={60}
        required
        withAsterisk={false}
        autoComplete="off"
        data-autofocus
      />
      <fieldset className={styles.scopes}>
        <legend>What may it do?</legend>
        {offered.map((scope) => (
          <Checkbox
            key={scope}
            label={scopeWords[scope].title}
            description={scopeWords[scope].meaning}
            checked={draft.scopes.includes(scope)}
            disabled={scope === 'read' && draft.scopes.includes('run')}
            onChange={(event) => toggle(scope, event.currentTarget.checked)}
          />
        ))}
      </fieldset>
      <NativeSelect
        label="Until when?"
        value={String(draft.expiresInDays)}
        onChange={(event) => onChange({ ...draft, expiresInDays: toDays(event.currentTarget.value) })}
        data={lifetimes.map(({ days, words }) => ({ value: String(days), label: words }))}
      />
    </>
  )
}

const toDays = (value: string): number | null => lifetimes.find(({ days }) => String(days) === value)?.days ?? null
