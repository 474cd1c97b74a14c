import { Button } from '@mantine/core'
import type { InvitationAnswer } from '../../../proxy/contract/invitations.ts'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { Section } from '../../components/Section.tsx'
import { TimeLeft } from '../../components/TimeAgo.tsx'
import { useInvitations, useWithdrawInvitation } from './invitationQueries.ts'
import { linkTitle } from './invitationWords.ts'
import styles from './invitations.module.css'

/** Links that are out and let somebody in; nothing while there are none. */
export function OpenInvitations() {
  const invitations = useInvitations()
  if (invitations.isError) {
    return (
      <ErrorState
        what="Open invitations could not be read."
        error={invitations.error}
        onRetry={() => void invitations.refetch()}
      />
    )
  }
  const open = invitations.data?.filter(({ state }) => state === 'open') ?? []
  if (open.length === 0) return null
  return (
    <Section title="Open invitations" hint="Each lets one person in, once.">
      <ul aria-label="Open invitations">
        {open.map((invitation) => (
          <Row key={invitation.id} invitation={invitation} />
        ))}
      </ul>
    </Section>
  )
}

function Row({ invitation }: { readonly invitation: InvitationAnswer }) {
  const withdraw = useWithdrawInvitation(invitation.id)
  const title = linkTitle(invitation)
  return (
    <li className={styles.row}>
      <div>
        <p>
          <strong>{title}</strong>
        </p>
        <p className="quiet small">
          {invitation.kind === 'account' && `${invitation.roleTitle}, `}ends <TimeLeft at={invitation.expiresAt} />
        </p>
        <Refusal error={withdraw.error} />
      </div>
      <Button
        variant="default"
        aria-label={`Withdraw: ${title}`}
        loading={withdraw.isPending}
        onClick={() => withdraw.mutate()}
      >
        Withdraw
      </Button>
    </li>
  )
}
