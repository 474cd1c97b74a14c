import { Button, Loader } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Firewall, Sharing } from '../../../proxy/contract/sharing.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { hasDesktop, invokeDesktop } from '../../desktop/desktop.ts'
import { findCauses, reachWords } from './reachWords.ts'
import type { Cause } from './reachWords.ts'
import styles from './ReachState.module.css'

/** Whether a first device got through: waiting, through, or after a minute why not. */
export function ReachState({ sharing }: { readonly sharing: Sharing }) {
  const words = reachWords(sharing)
  if (words === undefined) return null
  if (sharing.reach.kind !== 'late') {
    return (
      <p className={styles.line} role="status">
        {sharing.reach.kind === 'waiting' ? (
          <Loader size={16} aria-hidden />
        ) : (
          <IconCircleCheck size={16} aria-hidden className={styles.good} />
        )}
        {words}
      </p>
    )
  }
  return (
    <Notice tone="attention" announce>
      <p className={styles.title}>{words} If you tried with a phone, one of these is likely:</p>
      <ul className={styles.causes}>
        {findCauses(sharing.firewall).map((cause) => (
          <CauseRow key={cause} cause={cause} firewall={sharing.firewall} />
        ))}
      </ul>
    </Notice>
  )
}

interface CauseRowProps {
  readonly cause: Cause
  readonly firewall: Firewall | null
}

function CauseRow({ cause, firewall }: CauseRowProps) {
  const settings = useMutation({ mutationFn: () => invokeDesktop('firewall:showSettings') })
  const mend = useMutation({ mutationFn: () => invokeDesktop('firewall:mend') })
  if (cause === 'otherNetwork') return <li>The phone is on the guest Wi-Fi or on mobile data, not on your network.</li>
  if (cause === 'publicNetwork') {
    return (
      <li>
        Windows calls this network a public one and lets nobody in. Make it a private one.
        {hasDesktop() && (
          <Button variant="default" size="xs" loading={settings.isPending} onClick={() => settings.mutate()}>
            Show me
          </Button>
        )}
        <Refusal error={settings.error} />
      </li>
    )
  }
  return (
    <li>
      The firewall of this computer keeps it out. {firewall?.words}
      {firewall?.canMend === true && hasDesktop() && (
        <Button variant="default" size="xs" loading={mend.isPending} onClick={() => mend.mutate()}>
          Fix it (needs administrator)
        </Button>
      )}
      {typeof firewall?.command === 'string' && <FirewallCommand command={firewall.command} />}
      <Refusal error={mend.error} />
    </li>
  )
}

/** What to type into a terminal, folded away until somebody wants it. */
export function FirewallCommand({ command }: { readonly command: string }) {
  const [shown, setShown] = useState(false)
  if (!shown) {
    return (
      <Button variant="default" size="xs" onClick={() => setShown(true)}>
        Show me the command
      </Button>
    )
  }
  return (
    <div className={styles.command}>
      <code>{command}</code>
      <CopyButton text={command} size="xs" />
    </div>
  )
}
