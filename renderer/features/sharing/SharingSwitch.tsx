import { Button } from '@mantine/core'
import { IconLockOpen, IconPhoto, IconUserPlus } from '@tabler/icons-react'
import { useId } from 'react'
import type { Sharing } from '../../../proxy/contract/sharing.ts'
import { BigSwitch } from '../../components/BigSwitch.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { GateMark } from '../../components/GateMark.tsx'
import { Notice } from '../../components/Notice.tsx'
import { SwitchPanel } from '../SwitchPanel.tsx'
import { AddressCard } from './AddressCard.tsx'
import { useSetSharing } from './sharingQueries.ts'
import { afterSharing, sharingFacts, whoCanComeIn } from './sharingWords.ts'
import styles from './SharingSwitch.module.css'

interface SharingSwitchProps {
  readonly sharing: Sharing
  readonly onInvite: () => void
  readonly onOpenSettings: () => void
}

const factIcons = [IconLockOpen, IconPhoto]

/** The second large switch: who can come in, by name, and what that means, before and after it is on. */
export function SharingSwitch({ sharing, onInvite, onOpenSettings }: SharingSwitchProps) {
  const change = useSetSharing()
  const stateId = useId()
  const nobody = sharing.people.length === 0
  const on = change.isPending ? change.variables : sharing.on
  const justTurnedOff = change.data?.on === false && !sharing.on && !change.isPending
  return (
    <SwitchPanel
      mark={<GateMark state={{ kind: sharing.on ? 'sharing' : 'stopped' }} size={40} />}
      tone={sharing.on ? 'good' : 'quiet'}
      title="Sharing"
      state={change.isPending ? (on ? 'Switching on' : 'Switching off') : sharing.on ? 'On' : 'Off'}
      stateId={stateId}
      detail={whoCanComeIn(sharing.people, sharing.on)}
      control={
        <BigSwitch
          label="Sharing"
          describedBy={stateId}
          on={on}
          busy={change.isPending}
          disabled={nobody && !sharing.on}
          onChange={(next) => change.mutate(next)}
        />
      }
    >
      {justTurnedOff && (
        <Notice tone="good" announce>
          {afterSharing}
        </Notice>
      )}
      {sharing.problem !== null && (
        <Notice
          tone="attention"
          announce
          actions={
            <>
              {/* While it is off, the switch itself is how to try again: a button must not switch it on by the way. */}
              {sharing.on && (
                <Button variant="default" loading={change.isPending} onClick={() => change.mutate(true)}>
                  Try again
                </Button>
              )}
              <Button variant="default" onClick={onOpenSettings}>
                Open settings
              </Button>
            </>
          }
        >
          {sharing.problem}
        </Notice>
      )}
      <Refusal error={change.error} />
      {nobody && (
        <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={onInvite}>
          Invite somebody
        </Button>
      )}
      {sharing.on ? (
        <AddressCard sharing={sharing} />
      ) : (
        <p className="quiet small">
          Programs on this computer reach ComfyUI at <span className={styles.local}>{sharing.localUrl}</span> with a
          key, also while sharing is off.
        </p>
      )}
      <ul className={styles.facts} aria-label="Good to know">
        {sharingFacts(sharing).map((fact, index) => {
          const Icon = factIcons[index + (sharing.encrypted ? 1 : 0)] ?? IconPhoto
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
