import { Button } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import { fieldMessage } from '../../api/apiError.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { PasswordField } from '../../components/PasswordField.tsx'
import { useChangePassword } from './accountQueries.ts'
import styles from './account.module.css'

/** The former password once more, then the new one. */
export function ChangePassword() {
  const [open, setOpen] = useState(false)
  const [currentPassword, setCurrentPassword] = useState('')
  const [newPassword, setNewPassword] = useState('')
  const change = useChangePassword()
  const close = () => {
    setOpen(false)
    setCurrentPassword('')
    setNewPassword('')
  }
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    change.mutate({ currentPassword, newPassword }, { onSuccess: close })
  }
  if (!open) {
    return (
      <div className={styles.form}>
        {change.isSuccess && (
          <Notice tone="good" announce>
            Your password is changed. Your other devices have to sign in again.
          </Notice>
        )}
        <Button variant="default" onClick={() => setOpen(true)}>
          Change password
        </Button>
      </div>
    )
  }
  return (
    <form className={styles.form} onSubmit={submit}>
      <PasswordField
        label="Password now"
        value={currentPassword}
        onChange={setCurrentPassword}
        autoComplete="current-password"
        error={fieldMessage(change.error, 'currentPassword')}
      />
      <PasswordField
        label="New password"
        description="12 or more characters. Four or five words are good and easy to keep in mind."
        value={newPassword}
        onChange={setNewPassword}
        autoComplete="new-password"
        error={fieldMessage(change.error, 'newPassword')}
      />
      <Refusal error={change.error} />
      <div className={styles.buttons}>
        <Button type="submit" loading={change.isPending}>
          Change password
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
