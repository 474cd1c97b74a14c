import { create as createQrCode } from 'qrcode'
import { useMemo } from 'react'
import styles from './QrCode.module.css'

interface QrCodeProps {
  readonly text: string
  /** What it is for, instead of what it says: for a link that is a secret. */
  readonly label?: string
}

/** Dark on white in either appearance: some cameras do not read the inverse. Quiet zone of four modules inside. */
export function QrCode({ text, label }: QrCodeProps) {
  const { size, path } = useMemo(() => toQrPath(text), [text])
  return (
    <svg
      className={styles.root}
      viewBox={`-4 -4 ${size + 8} ${size + 8}`}
      role="img"
      aria-label={label ?? `QR code for ${text}`}
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
