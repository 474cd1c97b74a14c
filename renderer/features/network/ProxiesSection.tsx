import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import { aboutField } from '../../api/apiError.ts'
import { Section } from '../../components/Section.tsx'
import { SettingRow } from '../settings/SettingRow.tsx'
import { useSetSetting, useSettings } from '../settings/settingsQueries.ts'
import { toNetworks } from './ruleWords.ts'
import styles from './rules.module.css'

/** Programs in front of the gate whose word about addresses counts. Almost nobody has one. */
export function ProxiesSection() {
  const saved = useSettings().data?.['sharing.trustedProxies']
  if (saved === undefined) return null
  return (
    <Section
      title="Behind another proxy"
      hint="Only if a program of yours, such as nginx or Caddy, stands in front of Gatehouse. Everybody seems to come from its address then, unless it is named here."
    >
      <ProxiesForm key={saved.join('\n')} saved={saved} />
    </Section>
  )
}

function ProxiesForm({ saved }: { readonly saved: readonly string[] }) {
  const save = useSetSetting<'sharing.trustedProxies'>()
  const [text, setText] = useState(saved.join('\n'))
  const value = toNetworks(text)
  const isSame = value.join('\n') === saved.join('\n')
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    save.mutate({ name: 'sharing.trustedProxies', value })
  }
  return (
    <SettingRow
      label="Proxies that are believed"
      labelId="trusted-proxies"
      hint="One address or network a line. What they say about where somebody comes from counts: name only what you run yourself."
      error={aboutField(save.error, 'sharing.trustedProxies')}
    >
      <form className={styles.proxies} onSubmit={submit}>
        <Textarea
          aria-labelledby="trusted-proxies"
          placeholder="192.168.1.5"
          rows={3}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            save.reset()
          }}
        />
        <Button type="submit" variant="default" loading={save.isPending} disabled={isSame}>
          Save
        </Button>
      </form>
    </SettingRow>
  )
}
