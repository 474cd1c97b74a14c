import { TextInput } from '@mantine/core'

interface NameFieldProps {
  readonly label: string
  readonly description?: string
  readonly name: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly autoComplete: 'username' | 'off'
  readonly autoFocus?: boolean
}

/** Somebody's name as they sign in with it: nothing corrects or capitalises it. */
export function NameField({ onChange, description, autoFocus = false, ...rest }: NameFieldProps) {
  return (
    <TextInput
      {...rest}
      {...(description === undefined ? {} : { description })}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      maxLength={40}
      required
      withAsterisk={false}
      autoFocus={autoFocus}
    />
  )
}
