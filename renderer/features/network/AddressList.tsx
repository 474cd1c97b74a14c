import type { Sharing } from '../../../proxy/contract/sharing.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { EmptyState } from '../../components/EmptyState.tsx'
import { toTypedAddress } from '../sharing/sharingWords.ts'
import styles from './AddressList.module.css'
import { addressWords } from './networkWords.ts'

/** Every address under which others reach this computer now. */
export function AddressList({ sharing }: { readonly sharing: Sharing }) {
  if (sharing.addresses.length === 0) {
    return (
      <EmptyState title="Nobody else reaches this computer now.">
        Its addresses stand here while sharing is on.
      </EmptyState>
    )
  }
  return (
    <ul className={styles.list}>
      {sharing.addresses.map((address) => (
        <li key={address.url} className={styles.row}>
          <div>
            <p className={styles.address}>{toTypedAddress(address.url)}</p>
            <p className="quiet small">{addressWords(address)}</p>
          </div>
          <CopyButton text={address.url} label="Copy" />
        </li>
      ))}
    </ul>
  )
}
