import { Button } from '@mantine/core'
import { useState } from 'react'
import { toCodeUrl, toOpenUrl } from '../../../proxy/contract/sharing.ts'
import type { SharedAddress, Sharing } from '../../../proxy/contract/sharing.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { EmptyState } from '../../components/EmptyState.tsx'
import { QrCode } from '../../components/QrCode.tsx'
import { addressWords } from '../sharing/addressWords.ts'
import { toTypedAddress } from '../sharing/sharingWords.ts'
import styles from './AddressList.module.css'

/** Every address under which others reach this computer now. */
export function AddressList({ sharing }: { readonly sharing: Sharing }) {
  const [shown, setShown] = useState<string>()
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
        <AddressRow
          key={address.url}
          address={address}
          codeUrl={toCodeUrl(address, sharing)}
          openUrl={toOpenUrl(address, sharing)}
          isCodeShown={shown === address.url}
          onToggleCode={() => setShown(shown === address.url ? undefined : address.url)}
        />
      ))}
    </ul>
  )
}

interface AddressRowProps {
  readonly address: SharedAddress
  readonly codeUrl: string
  readonly openUrl: string
  readonly isCodeShown: boolean
  readonly onToggleCode: () => void
}

function AddressRow({ address, codeUrl, openUrl, isCodeShown, onToggleCode }: AddressRowProps) {
  const typed = toTypedAddress(address.url)
  return (
    <li className={styles.row}>
      <div className={styles.words}>
        <p className={styles.address}>{typed}</p>
        <p className="quiet small">{addressWords(address)}</p>
      </div>
      <div className={styles.actions}>
        {/* Not every phone finds names, so a code never carries one. */}
        {address.kind !== 'name' && (
          <Button variant="default" aria-expanded={isCodeShown} onClick={onToggleCode}>
            {isCodeShown ? 'Hide code' : 'QR code'}
          </Button>
        )}
        <CopyButton text={openUrl} label="Copy" />
      </div>
      {isCodeShown && <QrCode text={codeUrl} />}
    </li>
  )
}
