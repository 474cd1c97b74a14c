import { Button } from '@mantine/core'
import { IconLock, IconLockOpen, IconPhoto, IconUserPlus } from '@tabler/icons-react'
import { useId } from 'react'
import type { Sharing } from '../../../proxy/contract/sharing.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { GateMark } from '../../components/GateMark.tsx'
import { Notice } from '../../components/Notice.tsx'
import { useAdministration } from '../administration/administrationQueries.ts'
import { SwitchPanel } from '../SwitchPanel.tsx'
import { AddressCard } from './AddressCard.tsx'
import { NetworkQuestion } from './NetworkQuestion.tsx'
import { OutsideNotice } from './OutsideNotice.tsx'
import { ReachState } from './ReachState.tsx'
import { questionAhead } from './reachWords.ts'
import { SharingProblem } from './SharingProblem.tsx'
import { SharingToggle } from './SharingToggle.tsx'
import { useSetSharing } from './sharingQueries.ts'
import { afterSharing, sharingFacts, switchWords, whoCanComeIn } from './sharingWords.ts'
import styles from './SharingSwitch.module.css'

interface SharingSwitchProps {
  readonly sharing: Sharing
  readonly onInvite: () => void
  readonly onOpenSettings: () => void
}

/** The second large switch: who can come in, by name, and what that means, before and after it is on. */
export function SharingSwitch({ sharing, onInvite, onOpenSettings }: SharingSwitchProps) {
  const change = useSetSharing()
  const stateId = useId()
  const nobody = sharing.people.length === 0
  const on = change.isPending ? change.variables : sharing.on
  const isOpen = sharing.on && sharing.pause === null
  const ahead = questionAhead(sharing)
  const justTurnedOff = change.data?.on === false && !sharing.on && !change.isPending
  return (
    <SwitchPanel
      mark={<GateMark state={{ kind: isOpen ? 'sharing' : 'stopped' }} size={40} />}
      tone={isOpen ? 'good' : 'quiet'}
      title="Sharing"
      state={change.isPending ? (on ? 'Switching on' : 'Switching off') : switchWords(sharing)}
      stateId={stateId}
      detail={sharing.pause === null ? whoCanComeIn(sharing.people, sharing.on) : 'Nobody can come in here.'}
      control={<SharingToggle on={on} disabled={nobody && !sharing.on} describedBy={stateId} change={change} />}
    >
      {justTurnedOff && (
        <Notice tone="good" announce>
          {afterSharing}
        </Notice>
      )}
      {sharing.pause !== null && <NetworkQuestion pause={sharing.pause} />}
      <SharingProblem sharing={sharing} onOpenSettings={onOpenSettings} />
      {sharing.outsideHome && <OutsideNotice />}
      {ahead !== undefined && <Notice tone="plain">{ahead}</Notice>}
      <Refusal error={change.error} />
      {nobody && !sharing.on && (
        <p className="quiet small">The switch works once somebody can come in. Invite them first.</p>
      )}
      {nobody && (
        <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={onInvite}>
          Invite somebody
        </Button>
      )}
      {sharing.on ? (
        <>
          <AddressCard sharing={sharing} />
          <ReachState sharing={sharing} />
          <EndsWithSharing />
        </>
      ) : (
        <p className="quiet small">
          Programs on this computer reach ComfyUI at <span className={styles.local}>{sharing.localUrl}</span> with a
          key, also while sharing is off.
        </p>
      )}
      <ul className={styles.facts} aria-label="Good to know">
        {sharingFacts(sharing).map((fact, index) => {
          const Icon = index > 0 ? IconPhoto : sharing.encrypted ? IconLock : IconLockOpen
          return (
            <li key={fact.title}>
              <Icon size={16} aria-hidden />
              <span>
                <strong>{fact.title}</strong> {fact.text}
              </span>
            </li>
          )
        })}
      </ul>
    </SwitchPanel>
  )
}

/** What else the switch ends, said before. */
function EndsWithSharing() {
  const { on = false, port } = useAdministration().data ?? {}
  if (!on) return null
  return (
    <p className="quiet small">
      Switching sharing off also ends managing from other devices (port {port}), until it is on again.
    </p>
  )
}
