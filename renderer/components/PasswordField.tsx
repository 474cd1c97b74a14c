import { PasswordInput } from '@mantine/core'
import { useState } from 'react'
import type { KeyboardEvent } from 'react'

interface PasswordFieldProps {
  readonly label: string
  readonly description?: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly autoComplete: 'current-password' | 'new-password'
  readonly error?: string | undefined
  readonly name?: string
  readonly autoFocus?: boolean
}

/** A password with the eye, and a word when Caps Lock is on. */
export function PasswordField({
  label,
  description,
  value,
  onChange,
  autoComplete,
  error,
  name,
  autoFocus = false,
}: PasswordFieldProps) {
  const [capsLock, setCapsLock] = useState(false)
  const onKey = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'))
  return (
    <div>
      <PasswordInput
        label={label}
        {...(description === undefined ? {} : { description })}
        {...(name === undefined ? {} : { name })}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={onKey}
        onKeyUp={onKey}
        onBlur={() => setCapsLock(false)}
        autoComplete={autoComplete}
        error={error}
        maxLength={1024}
        autoFocus={autoFocus}
        required
        withAsterisk={false}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
      />
      <p role="status" className="small quiet">
        {capsLock ? 'Caps Lock is on.' : ''}
      </p>
    </div>
  )
}
