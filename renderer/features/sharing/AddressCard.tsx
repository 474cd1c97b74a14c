import type { Sharing } from '../../../proxy/contract/sharing.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { QrCode } from '../../components/QrCode.tsx'
import { toTypedAddress } from './sharingWords.ts'
import styles from './AddressCard.module.css'

interface AddressCardProps {
  readonly sharing: Sharing
}

/** Where to come in: a code for phones, the same address to type, and the others of this computer. */
export function AddressCard({ sharing }: AddressCardProps) {
  const { primaryUrl } = sharing
  // The switch says why.
  if (primaryUrl === null) return null
  const others = sharing.addresses.filter((address) => address.url !== primaryUrl)
  return (
    <div className={styles.root}>
      <QrCode text={sharing.codeUrl ?? primaryUrl} />
      <div className={styles.words}>
        <p className="quiet">Scan it with a phone’s camera, or open in any browser of your network:</p>
        <p className={styles.address}>{toTypedAddress(primaryUrl)}</p>
        <CopyButton text={primaryUrl} label="Copy address" />
        {others.length > 0 && (
          <details className={styles.others}>
            <summary>Other addresses of this computer</summary>
            <ul>
              {others.map((address) => (
                <li key={address.url}>
                  <span className={styles.mono}>{toTypedAddress(address.url)}</span>
                  <span className="quiet">{address.kind === 'name' ? 'by name' : address.interface}</span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </div>
  )
}
