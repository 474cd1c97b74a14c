import { Button } from '@mantine/core'
import { findInvitationAddress, toInvitationLink } from '../../../proxy/contract/invitations.ts'
import type { CreatedInvitation } from '../../../proxy/contract/invitations.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { DoneDialog } from '../../components/DoneDialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { QrCode } from '../../components/QrCode.tsx'
import { FourWords } from '../network/FourWords.tsx'
import { useSetSharing, useSharing } from '../sharing/sharingQueries.ts'
import { useInvitations } from './invitationQueries.ts'
import { linkTitle, messageWords, untilWords, usedWords } from './invitationWords.ts'
import styles from './invitations.module.css'

interface InvitationLinkProps {
  readonly made: CreatedInvitation
  readonly onClose: () => void
}

/** The code and the link, shown once; turns into who came in as soon as somebody has. */
export function InvitationLink({ made, onClose }: InvitationLinkProps) {
  const { invitation, token } = made
  const now = useInvitations().data?.find(({ id }) => id === invitation.id) ?? invitation
  const sharing = useSharing().data
  const address = sharing === undefined ? null : findInvitationAddress(sharing)
  if (now.state === 'used') {
    return (
      <DoneDialog title={usedWords(now)} onClose={onClose}>
        <Notice tone="good" announce>
          {now.kind === 'password' ? 'The new password is set.' : 'Nobody else can use this link any more.'}
        </Notice>
      </DoneDialog>
    )
  }
  return (
    <Dialog title={linkTitle(invitation)} onClose={onClose} size={560} dismissable={false}>
      {address === null ? (
        <NotShared problem={sharing?.problem ?? null} on={sharing?.on === true} />
      ) : (
        <Ways link={toInvitationLink(address, token)} made={made} />
      )}
      <DialogActions>
        <Button variant="default" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  )
}

function Ways({ link, made }: { readonly link: string; readonly made: CreatedInvitation }) {
  const { invitation } = made
  return (
    <>
      <div className={styles.ways}>
        <QrCode text={link} label="QR code of the invitation" />
        <div className={styles.words}>
          <p>Let them scan this with their phone’s camera, in your network. It lets one person in, once.</p>
          <p className="quiet">{untilWords(invitation)} It is shown only now.</p>
          <FourWords />
          <CopyButton text={link} secret label="Copy the link" />
          <CopyButton text={messageWords(invitation, link)} secret label="Copy as a message" />
        </div>
      </div>
      <p className={styles.waiting} role="status">
        Waiting for somebody to use it…
      </p>
    </>
  )
}

/** Without sharing no phone gets here; the link appears in place once it is on. */
function NotShared({ problem, on }: { readonly problem: string | null; readonly on: boolean }) {
  const change = useSetSharing()
  return (
    <>
      <Notice
        tone="attention"
        actions={
          !on && (
            <Button variant="default" loading={change.isPending} onClick={() => change.mutate(true)}>
              Turn sharing on
            </Button>
          )
        }
      >
        {problem ?? 'Sharing is off, so no phone reaches this computer yet. The code appears here once it is on.'}
      </Notice>
      <Refusal error={change.error} />
    </>
  )
}
