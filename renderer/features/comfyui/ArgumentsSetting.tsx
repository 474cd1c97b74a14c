import { Button, TextInput } from '@mantine/core'
import { useEffect, useId, useState } from 'react'
import type { SyntheticEvent } from 'react'
import { hasDesktop } from '../../desktop/desktop.ts'
import { SettingRow } from '../settings/SettingRow.tsx'
import { useSetSetting } from '../settings/settingsQueries.ts'
import { joinArguments, splitArguments } from './argumentText.ts'

interface ArgumentsSettingProps {
  readonly value: readonly string[]
}

/** ComfyUI's command-line options, as one line the way its own documentation writes them. */
export function ArgumentsSetting({ value }: ArgumentsSettingProps) {
  const id = useId()
  const saved = joinArguments(value)
  const [draft, setDraft] = useState(saved)
  useEffect(() => setDraft(saved), [saved])
  const set = useSetSetting<'comfyui.arguments'>()
  const parsed = splitArguments(draft)
  const save = (event: SyntheticEvent) => {
    event.preventDefault()
    if (parsed !== undefined) set.mutate({ name: 'comfyui.arguments', value: parsed })
  }
  return (
    <SettingRow
      label="Options"
      labelId={id}
      hint="As you would type them after main.py, for example --lowvram. They count from the next start."
      error={set.error}
    >
      <form onSubmit={save} style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
        <TextInput
          aria-labelledby={id}
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          error={parsed === undefined ? 'A quotation mark is not closed.' : undefined}
          disabled={!hasDesktop()}
          spellCheck={false}
          autoComplete="off"
          w={260}
        />
        {draft !== saved && (
          <Button type="submit" loading={set.isPending} disabled={parsed === undefined}>
            Save
          </Button>
        )}
      </form>
    </SettingRow>
  )
}
