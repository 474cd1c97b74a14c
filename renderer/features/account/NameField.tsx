import { TextInput } from '@mantine/core'
import type { ComponentProps } from 'react'

interface NameFieldProps extends Pick<ComponentProps<'input'>, 'autoFocus' | 'enterKeyHint' | 'readOnly'> {
  readonly label: string
  readonly description?: string
  readonly name: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly autoComplete: 'username' | 'off'
  /** Words: for somebody who chooses their name here. */
  readonly autoCapitalize?: 'words'
}

/** Somebody's name as they sign in with it: nothing corrects or capitalises it. */
export function NameField({ onChange, ...rest }: NameFieldProps) {
  return (
    <TextInput
      autoCapitalize="none"
      {...rest}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoCorrect="off"
      spellCheck={false}
      maxLength={40}
      required
      withAsterisk={false}
    />
  )
}
