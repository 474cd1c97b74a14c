// node scripts/portalIcons.mjs: draws the icons with which a phone shows the portal on its home screen, from our own mark.
// The pictures are committed: run it after renderer/public/assets/gatehouse.svg was changed.

import fs from 'node:fs/promises'
import path from 'node:path'
import sharp from 'sharp'
import { repositoryRoot } from './lib/requireNode.mjs'

const assets = path.join(repositoryRoot, 'renderer', 'public', 'assets')
const mark = await fs.readFile(path.join(assets, 'gatehouse.svg'), 'utf8')
const ground = /<rect[^>]* fill="(#[0-9a-f]{6})"/.exec(mark)?.[1]
const gate = /<path[^>]*>/.exec(mark)?.[0]
if (ground === undefined || gate === undefined) throw new Error('gatehouse.svg is not drawn as this script knows it')

// What a system cuts to its own shape reaches to the edges, and its mark lies in the inner circle of 80 % that stays
// (W3C Web Application Manifest, "safe zone"). iOS cuts its icons, too, and shows black where they are see-through.
const whole = (scale) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" fill="${ground}"/><g transform="translate(16 16) scale(${scale}) translate(-16 -16)">${gate}</g></svg>`

const icons = [
  { name: 'icon192.png', size: 192, svg: mark },
  { name: 'icon512.png', size: 512, svg: mark },
  { name: 'icon512cut.png', size: 512, svg: whole(0.8) },
  { name: 'iconApple.png', size: 180, svg: whole(0.95) },
]
for (const { name, size, svg } of icons) {
  await sharp(Buffer.from(svg), { density: (72 * size) / 32 })
    .resize(size, size)
    .png({ compressionLevel: 9, palette: true })
    .toFile(path.join(assets, name))
}
