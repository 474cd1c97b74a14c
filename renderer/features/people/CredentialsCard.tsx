import { SecretField } from '../../components/SecretField.tsx'
import { useSharing } from '../sharing/sharingQueries.ts'
import { toTypedAddress } from '../sharing/sharingWords.ts'
import styles from './CredentialsCard.module.css'

interface CredentialsCardProps {
  readonly name: string
  readonly password: string
}

/** What to tell somebody who may come in: where, as whom, with what. The password is never shown again. */
export function CredentialsCard({ name, password }: CredentialsCardProps) {
  const sharing = useSharing()
  const url = sharing.data?.on === true ? sharing.data.primaryUrl : null
  return (
    <div className={styles.root}>
      <p>Tell {name} these. The password is shown only now; later you can set a new one.</p>
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
