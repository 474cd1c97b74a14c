import { SecretField } from '../../components/SecretField.tsx'
import { useSharing } from '../sharing/sharingQueries.ts'
import { toTypedAddress } from '../sharing/sharingWords.ts'
import styles from './CredentialsCard.module.css'

interface CredentialsCardProps {
  readonly name: string
  readonly password: string
  /** Of the owner, who tells nobody. */
  readonly isOwn?: boolean
}

/** What to tell somebody who may come in: where, as whom, with what. The password is never shown again. */
export function CredentialsCard({ name, password, isOwn = false }: CredentialsCardProps) {
  const sharing = useSharing()
  const url = sharing.data?.on === true ? sharing.data.primaryUrl : null
  return (
    <div className={styles.root}>
      <p>
        {isOwn ? 'You sign in with these on your other devices.' : `Tell ${name} these.`} The password is shown only
        now; later you can set a new one.
      </p>
      <dl className={styles.list}>
        <div>
          <dt>Address</dt>
          <dd>{url === null ? 'Shown on Home once sharing is on' : toTypedAddress(url)}</dd>
        </div>
        <div>
          <dt>Name</dt>
          <dd>{name}</dd>
        </div>
      </dl>
      <SecretField label="Password" secret={password} copyLabel="Copy the password" />
    </div>
  )
}
