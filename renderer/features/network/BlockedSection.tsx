import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { LockoutAnswer } from '../../../proxy/contract/lockouts.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Section } from '../../components/Section.tsx'
import { TimeAgo } from '../../components/TimeAgo.tsx'
import { useNow } from '../../components/useNow.ts'
import { NumberSetting } from '../settings/SettingRow.tsx'
import { useSetSetting, useSettings } from '../settings/settingsQueries.ts'
import { AddRuleDialog } from './AddRuleDialog.tsx'
import { useIpRules, useLiftLockout, useLockouts } from './ruleQueries.ts'
import { keptOutWords, outcomeWords, triedWords, waitWords, whoWords } from './ruleWords.ts'
import styles from './rules.module.css'

/** What is ignored comes back with the next wrong password. */
const noteOf = ({ id, failures }: LockoutAnswer): string => `${id} ${failures}`

/** Who has to wait or is blocked after wrong passwords. */
export function BlockedSection() {
  const lockouts = useLockouts()
  const [ignored, setIgnored] = useState<ReadonlySet<string>>(new Set())
  const [blocking, setBlocking] = useState<string>()
  const shown = lockouts.data?.filter((one) => !ignored.has(noteOf(one))) ?? []
  return (
    <Section
      title="Blocked and waiting"
      hint="After three wrong passwords a device has to wait, and longer each time. It tells the device, not the person who typed."
    >
      {lockouts.isPending && <LoadingRows rows={1} rowHeight={88} />}
      {lockouts.isError && (
        <ErrorState
          what="Who waits or is blocked could not be read."
          error={lockouts.error}
          onRetry={() => void lockouts.refetch()}
        />
      )}
      {lockouts.data !== undefined && shown.length === 0 && <EmptyState title="Nobody waits after wrong passwords." />}
      {shown.length > 0 && (
        <ul className={styles.list}>
          {shown.map((lockout) => (
            <LockoutRow
              key={lockout.id}
              lockout={lockout}
              onBlock={() => setBlocking(lockout.address ?? undefined)}
              onIgnore={() => setIgnored(new Set([...ignored, noteOf(lockout)]))}
            />
          ))}
        </ul>
      )}
      <KeptOut />
      <BlockAfter />
      {blocking !== undefined && <AddRuleDialog address={blocking} onClose={() => setBlocking(undefined)} />}
    </Section>
  )
}

interface LockoutRowProps {
  readonly lockout: LockoutAnswer
  readonly onBlock: () => void
  readonly onIgnore: () => void
}

function LockoutRow({ lockout, onBlock, onIgnore }: LockoutRowProps) {
  const lift = useLiftLockout()
  const nowMs = useNow(lockout.state === 'waits' ? 1000 : 60_000)
  const { state, address, place, people, lastAt, keptOut } = lockout
  const [person] = people
  const isBlocked = state === 'blocked'
  const isShutOut = isBlocked || keptOut
  return (
    <li className={styles.lockout}>
      <p>
        {whoWords(lockout)}
        {place === 'outside' && (
          <>
            {' '}
            <span className={styles.outside}>from outside your home</span>
          </>
        )}{' '}
        {lockout.failures === 0 ? 'got too many passwords wrong.' : triedWords(lockout)} {waitWords(lockout, nowMs)}{' '}
        {outcomeWords(lockout, nowMs)}
      </p>
      {lastAt !== null && (
        <p className="quiet small">
          The last wrong password was <TimeAgo at={lastAt} />.
        </p>
      )}
      <div className={styles.buttons}>
        {person !== undefined && !isBlocked && (
          <Button
            variant="default"
            renderRoot={(props) => <Link to="/people" search={{ person: person.id }} {...props} />}
          >
            It was {person.name}: new password
          </Button>
        )}
        {(isBlocked || (state === 'waits' && !keptOut)) && (
          <Button variant="default" loading={lift.isPending} onClick={() => lift.mutate(lockout.id)}>
            {isBlocked ? 'Let it in again' : 'Let it try again now'}
          </Button>
        )}
        {address !== null && !isShutOut && place !== 'thisComputer' && (
          <Button variant="default" onClick={onBlock}>
            Keep out this device
          </Button>
        )}
        {!isBlocked && (
          <Button variant="subtle" onClick={onIgnore}>
            Ignore
          </Button>
        )}
      </div>
      <Refusal error={lift.error} />
    </li>
  )
}

/** Who is kept out tries nothing, so it is in no row above. */
function KeptOut() {
  const words = keptOutWords(useIpRules('').data?.pages.flatMap(({ items }) => items) ?? [])
  return words === '' ? null : <p className={`${styles.keptOut ?? ''} quiet small`}>{words}</p>
}

/** When waiting is not enough. */
function BlockAfter() {
  const settings = useSettings()
  const change = useSetSetting<'lockout.blacklistAfter'>()
  if (settings.data === undefined) return null
  return (
    <NumberSetting
      label="Block a device after so many wrong passwords"
      hint="Until you lift it. 0: never, it only has to wait. A device on which somebody is signed in is never blocked."
      value={settings.data['lockout.blacklistAfter']}
      min={0}
      max={1000}
      busy={change.isPending}
      error={change.error}
      onSave={(value) => change.mutate({ name: 'lockout.blacklistAfter', value })}
    />
  )
}
