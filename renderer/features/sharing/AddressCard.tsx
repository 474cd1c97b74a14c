import { Button } from '@mantine/core'
import { findOpenUrl } from '../../../proxy/contract/sharing.ts'
import type { Sharing } from '../../../proxy/contract/sharing.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { QrCode } from '../../components/QrCode.tsx'
import { FourWords } from '../network/FourWords.tsx'
import { addressWords } from './addressWords.ts'
import { useAcceptAddress } from './sharingQueries.ts'
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
  const named = sharing.addresses.find(({ kind }) => kind === 'name')
  const others = sharing.addresses.filter((address) => address.url !== primaryUrl && address !== named)
  return (
    <>
      <NewAddress before={sharing.addressBefore} />
      <div className={styles.root}>
        <QrCode text={sharing.codeUrl ?? primaryUrl} />
        <div className={styles.words}>
          <p className="quiet">Scan it with a phone’s camera, or open in any browser of your network:</p>
          <p className={styles.address}>{toTypedAddress(primaryUrl)}</p>
          {named !== undefined && (
            <p className="quiet small">
              or <span className={styles.mono}>{toTypedAddress(named.url)}</span>, which most phones find
            </p>
          )}
          <FourWords />
          <CopyButton text={findOpenUrl(sharing) ?? primaryUrl} label="Copy address" />
          {others.length > 0 && (
            <details className={styles.others}>
              <summary>Other addresses of this computer</summary>
              <ul>
                {others.map((address) => (
                  <li key={address.url}>
                    <span className={styles.mono}>{toTypedAddress(address.url)}</span>
                    <span className="quiet">{addressWords(address)}</span>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </div>
      </div>
    </>
  )
}

/** The code on the fridge is of no use any more. */
function NewAddress({ before }: { readonly before: string | null }) {
  const accept = useAcceptAddress()
  if (before === null) return null
  return (
    <Notice
      tone="attention"
      actions={
        <Button variant="default" loading={accept.isPending} onClick={() => accept.mutate()}>
          Everybody has it
        </Button>
      }
    >
      <strong>People need this new code.</strong> The address was {before} before.
      <Refusal error={accept.error} />
    </Notice>
  )
}
