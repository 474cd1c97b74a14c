import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { AuditRow } from '../../../proxy/contract/auditLog.ts'
import type { AuditNames } from '../../../proxy/contract/auditSentences.ts'
import { AddRuleDialog } from '../network/AddRuleDialog.tsx'
import { useLiftLockout, useLockouts } from '../network/ruleQueries.ts'
import styles from './Activity.module.css'
import { findAbout } from './activityWords.ts'

interface EntryActionsProps {
  readonly row: AuditRow
  readonly names: AuditNames
}

/** What can be done about a row: keep an address out, let one try again, open the person or the jobs it is about. */
export function EntryActions({ row, names }: EntryActionsProps) {
  const { refused, person, hasJob } = findAbout(row, names)
  if (refused !== undefined) return <AddressActions address={refused} />
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
  if (person === undefined) return null
  return (
    <Button
      size="compact-sm"
      variant="default"
      className={styles.open}
      renderRoot={(props) => <Link to="/people" search={{ person: person.id }} {...props} />}
    >
      Open {person.name}
    </Button>
  )
}

function AddressActions({ address }: { readonly address: string }) {
  const lockouts = useLockouts()
  const lift = useLiftLockout()
  const [isAdding, setAdding] = useState(false)
  const lockout = lockouts.data?.find((one) => one.address === address && one.state !== 'over')
  const keptOut = lockouts.data?.some((one) => one.address === address && one.keptOut) === true
  return (
    <div className={styles.actions}>
      {lockout !== undefined && (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`${lockout.state === 'blocked' ? 'Unblock' : 'Let try again now'}: ${address}`}
          loading={lift.isPending}
          onClick={() => lift.mutate(lockout.id)}
        >
          {lockout.state === 'blocked' ? 'Unblock' : 'Let it try again'}
        </Button>
      )}
      {!keptOut && (
        <Button
          size="compact-sm"
          variant="default"
          className={styles.open}
          aria-label={`Keep out ${address}`}
          onClick={() => setAdding(true)}
        >
          Keep out
        </Button>
      )}
      {isAdding && <AddRuleDialog address={address} onClose={() => setAdding(false)} />}
    </div>
  )
}
