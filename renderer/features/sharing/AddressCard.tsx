import { create as createQrCode } from 'qrcode'
import { useMemo } from 'react'
import type { Sharing } from '../../../proxy/contract/sharing.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
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
      <QrCode text={primaryUrl} />
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

interface QrCodeProps {
  readonly text: string
}

/** Dark on white in either appearance: some cameras do not read the inverse. Quiet zone of four modules inside. */
function QrCode({ text }: QrCodeProps) {
  const { size, path } = useMemo(() => toQrPath(text), [text])
  return (
    <svg
      className={styles.code}
      viewBox={`-4 -4 ${size + 8} ${size + 8}`}
      role="img"
      aria-label={`QR code for ${text}`}
      shapeRendering="crispEdges"
    >
      <rect x="-4" y="-4" width={size + 8} height={size + 8} fill="#fff" />
      <path d={path} fill="#10131a" />
    </svg>
  )
}

function toQrPath(text: string): { size: number; path: string } {
  const { modules } = createQrCode(text, { errorCorrectionLevel: 'M' })
  const parts: string[] = []
  for (let row = 0; row < modules.size; row += 1) {
    for (let column = 0; column < modules.size; column += 1) {
      if (modules.get(row, column) !== 0) parts.push(`M${column} ${row}h1v1h-1z`)
    }
  }
  return { size: modules.size, path: parts.join('') }
}
