// Draws every icon from icon.svg and the shapes below: node resources/icons/generate.mjs. The pictures are committed.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Buffer } from 'node:buffer'
import { fileURLToPath, URL } from 'node:url'
import { join } from 'node:path'
import sharp from 'sharp'

const icons = fileURLToPath(new URL('.', import.meta.url))
const tray = join(icons, '..', 'tray')
const linuxSizes = [16, 24, 32, 48, 64, 128, 256, 512]
const windowsSizes = [16, 24, 32, 48, 64, 128, 256]

const source = readFileSync(join(icons, 'icon.svg'))
const draw = (svg, size) =>
  sharp(Buffer.from(svg), { density: 300 }).resize(size, size).png({ compressionLevel: 9 }).toBuffer()

/** An .ico file: a directory of entries, each a whole PNG (Windows Vista and newer). */
function packIco(pictures) {
  const header = Buffer.alloc(6 + 16 * pictures.length)
  header.writeUInt16LE(1, 2)
  header.writeUInt16LE(pictures.length, 4)
  let offset = header.length
  pictures.forEach(({ size, png }, index) => {
    const entry = 6 + 16 * index
    header.writeUInt8(size % 256, entry)
    header.writeUInt8(size % 256, entry + 1)
    header.writeUInt16LE(1, entry + 4)
    header.writeUInt16LE(32, entry + 6)
    header.writeUInt32LE(png.length, entry + 8)
    header.writeUInt32LE(offset, entry + 12)
    offset += png.length
  })
  return Buffer.concat([header, ...pictures.map(({ png }) => png)])
}

const gate = 'M2.5 15V7.5a5.5 5.5 0 0 1 11 0V15h-3.6V8.2a1.9 1.9 0 0 0-3.8 0V15z'
const narrowGate = 'M4 15V6.5a4 4 0 0 1 8 0V15H9.6V7a1.6 1.6 0 0 0-3.2 0v8z'
const shapes = {
  stopped: (ink) =>
    `<path d="M3.25 14.25V7.5a4.75 4.75 0 0 1 9.5 0v6.75z" fill="none" stroke="${ink}" stroke-width="1.5" stroke-linejoin="round"/>`,
  running: (ink) => `<path d="${gate}" fill="${ink}"/>`,
  // Two people beside the gate.
  sharing: (ink) =>
    `<path d="${narrowGate}" fill="${ink}"/><circle cx="1.8" cy="13.2" r="1.8" fill="${ink}"/><circle cx="14.2" cy="13.2" r="1.8" fill="${ink}"/>`,
  attention: (ink, dot) =>
    `<mask id="m"><rect width="16" height="16" fill="#fff"/><circle cx="12.4" cy="3.6" r="4.7" fill="#000"/></mask><path d="${gate}" fill="${ink}" mask="url(#m)"/><circle cx="12.4" cy="3.6" r="3.4" fill="${dot}"/>`,
}
const amber = '#f0a020'
/** Template pictures are alpha only: macOS colours them itself, except the one with the amber dot. */
const variants = {
  Template: { ink: '#000000', dot: amber },
  '-dark': { ink: '#1b1d24', dot: amber },
  '-light': { ink: '#ffffff', dot: amber },
  '-color': { ink: '#7f8df2', dot: amber },
}

mkdirSync(join(icons, 'linux'), { recursive: true })
mkdirSync(tray, { recursive: true })
writeFileSync(join(icons, 'icon.png'), await draw(source, 1024))
for (const size of linuxSizes) writeFileSync(join(icons, 'linux', `${size}x${size}.png`), await draw(source, size))
const pictures = await Promise.all(windowsSizes.map(async (size) => ({ size, png: await draw(source, size) })))
writeFileSync(join(icons, 'icon.ico'), packIco(pictures))

for (const [state, shape] of Object.entries(shapes)) {
  for (const [variant, { ink, dot }] of Object.entries(variants)) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" height="16">${shape(ink, dot)}</svg>`
    // Linux panels show about 22 pixels and scale what they get; Windows and macOS want 16.
    const base = variant === '-color' ? 24 : 16
    for (const scale of [1, 2, 3]) {
      const suffix = scale === 1 ? '' : `@${scale}x`
      writeFileSync(join(tray, `${state}${variant}${suffix}.png`), await draw(svg, base * scale))
    }
  }
}
