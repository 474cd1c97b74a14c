import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { AnnouncedName, Sharing } from '../../../proxy/contract/sharing.ts'
import { SettingRow } from '../settings/SettingRow.tsx'
import { useSetSetting } from '../settings/settingsQueries.ts'
import styles from './NameSetting.module.css'

/** What is so with the name, in a sentence. */
function nameHint({ state, host, problem }: AnnouncedName): string {
  if (problem !== null) return problem
  switch (state) {
    case 'announced':
      return `Devices in your network find this computer as ${host}. Not every phone does; the code always works.`
    case 'checking':
      return `Looking whether another device is called ${host}…`
    case 'taken':
    case 'failed':
    case 'off':
      return 'Announced in your network while sharing is on. Empty: none is.'
  }
}

/** The name under which this computer is found at home. It never changes by itself. */
export function NameSetting({ sharing, value }: { readonly sharing: Sharing; readonly value: string }) {
  const save = useSetSetting<'sharing.name'>()
  const [text, setText] = useState(value)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    save.mutate({ name: 'sharing.name', value: text.trim().toLowerCase() })
  }
  return (
    <SettingRow label="Name in the network" labelId="network-name" hint={nameHint(sharing.name)} error={save.error}>
      <form className={styles.form} onSubmit={submit}>
        <TextInput
          aria-labelledby="network-name"
          value={text}
          maxLength={63}
          rightSection={<span className="quiet">.local</span>}
          rightSectionWidth={52}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={save.isPending} disabled={text.trim().toLowerCase() === value}>
          Save
        </Button>
      </form>
    </SettingRow>
  )
}
