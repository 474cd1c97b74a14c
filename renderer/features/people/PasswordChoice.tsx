import { Button, TextInput } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { createPassphrase, fillFromBrowser } from './passphrase.ts'
import styles from './PasswordChoice.module.css'

interface PasswordChoiceProps {
  readonly value: string
  readonly onChange: (password: string) => void
  readonly error: string | undefined
}

/** A suggested passphrase that can be kept, changed, or replaced by another. Shown in clear: it will be told to somebody. */
export function PasswordChoice({ value, onChange, error }: PasswordChoiceProps) {
  return (
    <div className={styles.root}>
      <TextInput
        label="Password"
        description="A suggestion that is easy to say and type. Change it if you like: 12 or more characters."
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: styles.input ?? '' }}
        className={styles.field}
      />
      <Button
        variant="default"
        leftSection={<IconRefresh size={16} aria-hidden />}
        onClick={() => onChange(suggestPassword())}
      >
        Another
      </Button>
    </div>
  )
}

export const suggestPassword = (): string => createPassphrase(fillFromBrowser)
