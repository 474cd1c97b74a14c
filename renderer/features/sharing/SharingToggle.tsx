import { useState } from 'react'
import { BigSwitch } from '../../components/BigSwitch.tsx'
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx'
import { hasDesktop } from '../../desktop/desktop.ts'
import type { useSetSharing } from './sharingQueries.ts'

interface SharingToggleProps {
  readonly on: boolean
  readonly disabled: boolean
  readonly describedBy: string
  readonly change: ReturnType<typeof useSetSharing>
}

/** Asks first where whoever switches sharing off cuts off themselves and could not switch it on again. */
export function SharingToggle({ on, disabled, describedBy, change }: SharingToggleProps) {
  const [isAsking, setAsking] = useState(false)
  const close = () => setAsking(false)
  const set = (next: boolean) => {
    if (!next && !hasDesktop()) setAsking(true)
    else change.mutate(next)
  }
  return (
    <>
      <BigSwitch
        label="Sharing"
        describedBy={describedBy}
        on={on}
        busy={change.isPending}
        disabled={disabled}
        onChange={set}
      />
      {isAsking && (
        <ConfirmDialog
          title="Switch sharing off?"
          action="Switch it off and leave"
          busy={change.isPending}
          error={change.error}
          onConfirm={() => change.mutate(false, { onSuccess: close })}
          onClose={close}
        >
          <p>
            You manage this computer from another device. Everybody is disconnected, and so are you: these pages end
            with sharing. Only the window on the computer itself switches it on again.
          </p>
        </ConfirmDialog>
      )}
    </>
  )
}
