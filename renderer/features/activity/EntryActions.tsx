import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AuditRow } from '../../../proxy/contract/auditLog.ts'
import type { AuditNames } from '../../../proxy/contract/auditSentences.ts'
import { useLiftLockout, useLockouts } from '../network/ruleQueries.ts'
import styles from './Activity.module.css'
import { findAbout } from './activityWords.ts'

interface EntryActionsProps {
  readonly row: AuditRow
  readonly names: AuditNames
  /** The dialog for it is the page's: rows come and go while it is open. */
  readonly onKeepOut: (address: string) => void
}

/** What can be done about a row: keep an address out, let one try again, open the person or the jobs it is about. */
export function EntryActions({ row, names, onKeepOut }: EntryActionsProps) {
  const { refused, isThisComputer, person, hasJob } = findAbout(row, names)
  if (refused !== undefined && !isThisComputer) {
    return (
      <AddressActions address={refused}>
        <KeepOut address={refused} onClick={() => onKeepOut(refused)} />
      </AddressActions>
    )
  }
  if (hasJob) {
    return (
      <Button
        size="compact-sm"
        variant="default"
        className={styles.open}
        renderRoot={(props) => <Link to="/jobs" {...props} />}
      >
        Open jobs
      </Button>
    )
  }
  const openPerson = person !== undefined && <OpenPerson {...person} />
  return refused === undefined ? openPerson : <AddressActions address={refused}>{openPerson}</AddressActions>
}

function OpenPerson({ id, name }: { readonly id: string; readonly name: string }) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      className={styles.open}
      renderRoot={(props) => <Link to="/people" search={{ person: id }} {...props} />}
    >
      Open {name}
    </Button>
  )
}

/** What waits after wrong passwords from there may try again; and what else there is to do. */
function AddressActions({ address, children }: { readonly address: string; readonly children: ReactNode }) {
  const lockouts = useLockouts()
  const lift = useLiftLockout()
  const lockout = lockouts.data?.find((one) => one.address === address && one.state !== 'over')
  return (
    <div className={styles.actions}>
      {lockout !== undefined && (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`${lockout.state === 'blocked' ? 'Let it in again' : 'Let it try again'}: ${address}`}
          loading={lift.isPending}
          onClick={() => lift.mutate(lockout.id)}
        >
          {lockout.state === 'blocked' ? 'Let it in again' : 'Let it try again'}
        </Button>
      )}
      {children}
    </div>
  )
}

function KeepOut({ address, onClick }: { readonly address: string; readonly onClick: () => void }) {
  const keptOut = useLockouts().data?.some((one) => one.address === address && one.keptOut) === true
  if (keptOut) return null
  return (
    <Button
      size="compact-sm"
      variant="default"
      className={styles.open}
      aria-label={`Keep out ${address}`}
      onClick={onClick}
    >
      Keep out
    </Button>
  )
}
