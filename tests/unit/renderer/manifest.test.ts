import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const renderer = join(import.meta.dirname, '..', '..', '..', 'renderer')
const assets = join(renderer, 'public', 'assets')
const page = readFileSync(join(renderer, 'portal.html'), 'utf8')
const manifest = z
  .object({
    start_url: z.string(),
    scope: z.string(),
    display: z.literal('standalone'),
    icons: z.array(z.object({ src: z.string(), sizes: z.string(), type: z.literal('image/png'), purpose: z.string() })),
  })
  .parse(JSON.parse(readFileSync(join(assets, 'portal.webmanifest'), 'utf8')))

const sizeOf = async (name: string): Promise<string> => {
  const { width, height, format } = await sharp(join(assets, name)).metadata()
  return `${format} ${width}x${height}`
}

describe('the portal on a home screen', () => {
  it('begins where one runs things, and signing in is a part of it', () => {
    expect(manifest.start_url).toBe('/gatehouse/run')
    expect('/login'.startsWith(manifest.scope)).toBe(true)
  })

  it('has icons of the sizes that it names, one of them to be cut', async () => {
    for (const { src, sizes } of manifest.icons) {
      expect(src).toMatch(/^\/gatehouse\/assets\/\w+\.png$/)
      expect([src, await sizeOf(src.slice('/gatehouse/assets/'.length))]).toEqual([src, `png ${sizes}`])
    }
    expect(manifest.icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`)).toEqual([
      '192x192 any',
      '512x512 any',
      '512x512 maskable',
    ])
  })

  it('is named by the page, with the icon that iOS takes', async () => {
    expect(page).toContain('<link rel="manifest" href="/assets/portal.webmanifest" />')
    expect(page).toContain('<link rel="apple-touch-icon" href="/assets/iconApple.png" />')
    expect(await sizeOf('iconApple.png')).toBe('png 180x180')
    // iOS shows black where an icon is see-through.
    expect((await sharp(join(assets, 'iconApple.png')).stats()).isOpaque).toBe(true)
  })
})
