import { describe, expect, it } from 'vitest'
import { UploadInspector } from '../../../proxy/comfyui/multipart.ts'

const BOUNDARY = 'line'
/** The head of a PNG of 16 x 16 pixels, then what looks like the line between parts, almost. */
const PNG_HEAD = Buffer.from('89504e470d0a1a0a0000000d494844520000001000000010', 'hex').toString('latin1')
const picture = `${PNG_HEAD}data\r\n--lin\r\n--li${'x'.repeat(40)}\r\n-`
const filePart = (name: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="${name}"\r\n\r\n${picture}\r\n`
const typePart = (type: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="type"\r\n\r\n${type}\r\n`
const END = `--${BOUNDARY}--\r\n`

/** Whether the form is accepted when it arrives in these pieces. */
function accepts(pieces: readonly string[]): boolean {
  const inspector = new UploadInspector(`multipart/form-data; boundary=${BOUNDARY}`, { maxPixels: 1e6 })
  try {
    for (const piece of pieces) inspector.inspect(Buffer.from(piece, 'latin1'))
    inspector.end()
    return true
  } catch {
    return false
  }
}

const splitAt = (text: string, at: number): string[] =>
  [text.slice(0, at), text.slice(at)].filter((piece) => piece !== '')
const inPieces = (text: string, size: number): string[] => text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []

const good = filePart('a.png') + typePart('input') + END
const bad = filePart('a.png') + typePart('output') + END

describe('an upload in pieces', () => {
  it('is read alike wherever it is cut', () => {
    for (let at = 0; at <= good.length; at += 1) expect(accepts(splitAt(good, at)), `cut at ${at}`).toBe(true)
    for (let size = 1; size <= good.length; size += 1) expect(accepts(inPieces(good, size)), `by ${size}`).toBe(true)
  })

  it('hides no field behind a picture by where it is cut', () => {
    for (let at = 0; at <= bad.length; at += 1) expect(accepts(splitAt(bad, at)), `cut at ${at}`).toBe(false)
    for (let size = 1; size <= bad.length; size += 1) expect(accepts(inPieces(bad, size)), `by ${size}`).toBe(false)
  })
})
