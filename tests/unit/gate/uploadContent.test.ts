import fc from 'fast-check'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { ContentInspector } from '../../../proxy/comfyui/uploadContent.ts'
import { GateError } from '../../../proxy/contract/errorCodes.ts'

const WIDTH = 37
const HEIGHT = 21
const PIXELS = WIDTH * HEIGHT

/** The code of the refusal, or `accepted`, when the file arrives in pieces of that size. */
function judge(fileName: string, content: Buffer, maxPixels = 1e6, pieceBytes = content.length): string {
  try {
    const inspector = new ContentInspector(fileName, { maxPixels })
    for (let at = 0; at < content.length; at += Math.max(1, pieceBytes)) {
      inspector.push(content.subarray(at, at + Math.max(1, pieceBytes)))
    }
    inspector.end()
    return 'accepted'
  } catch (error) {
    if (error instanceof GateError) return error.code
    throw error
  }
}

const pictures = new Map<string, Buffer>()

beforeAll(async () => {
  const noise = await sharp({
    create: {
      width: WIDTH,
      height: HEIGHT,
      channels: 3,
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
      background: 'black',
    },
  })
    .png()
    .toBuffer()
  const from = () => sharp(noise)
  pictures.set('png', noise)
  pictures.set('jpg', await from().jpeg().toBuffer())
  pictures.set('jpeg', await from().jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer())
  pictures.set('webp', await from().webp().toBuffer())
  pictures.set('lossless.webp', await from().webp({ lossless: true }).toBuffer())
  pictures.set('alpha.webp', await from().ensureAlpha(0.5).webp({ lossless: true }).withMetadata().toBuffer())
  pictures.set('gif', await from().gif().toBuffer())
  pictures.set('tiff', await from().tiff({ compression: 'lzw' }).toBuffer())
  pictures.set('avif', await from().avif().toBuffer())
  pictures.set('bmp', toBmp())
})

const names = ['png', 'jpg', 'jpeg', 'webp', 'lossless.webp', 'alpha.webp', 'gif', 'tiff', 'avif', 'bmp']
const pictureOf = (name: string): Buffer => pictures.get(name) ?? Buffer.alloc(0)

function toBmp(): Buffer {
  const bmp = Buffer.alloc(54 + HEIGHT * 112)
  bmp.write('BM')
  bmp.writeUInt32LE(bmp.length, 2)
  bmp.writeUInt32LE(54, 10)
  bmp.writeUInt32LE(40, 14)
  bmp.writeInt32LE(WIDTH, 18)
  bmp.writeInt32LE(-HEIGHT, 22)
  return bmp
}

/** A PNG that says it is that large, as a bomb does. */
function bombPng(width: number, height: number): Buffer {
  const png = Buffer.from(pictureOf('png'))
  png.writeUInt32BE(width, 16)
  png.writeUInt32BE(height, 20)
  return png
}

describe('the content of an upload', () => {
  it.each(names)('a %s is accepted up to exactly its number of pixels', (name) => {
    expect(judge(`x.${name}`, pictureOf(name), PIXELS)).toBe('accepted')
    expect(judge(`x.${name}`, pictureOf(name), PIXELS - 1)).toBe('BODY_TOO_LARGE')
  })

  it.each(names)('a %s is judged alike however it is cut', (name) => {
    const content = pictureOf(name)
    for (const size of [1, 2, 3, 7, 16, 31, 32, 33, 64, 500]) {
      expect([size, judge(`x.${name}`, content, PIXELS, size)]).toEqual([size, 'accepted'])
      expect([size, judge(`x.${name}`, content, PIXELS - 1, size)]).toEqual([size, 'BODY_TOO_LARGE'])
    }
  })

  it.each(names)('a %s that breaks off in its head is none', (name) => {
    const content = pictureOf(name)
    const verdicts = new Set<string>()
    for (let length = 0; length < Math.min(40, content.length); length += 1) {
      verdicts.add(judge(`x.${name}`, content.subarray(0, length)))
    }
    expect(verdicts.has('UNSUPPORTED_MEDIA_TYPE')).toBe(true)
    expect(judge(`x.${name}`, content.subarray(0, 9))).toBe('UNSUPPORTED_MEDIA_TYPE')
  })

  it('a picture may be of another format than its name says', () => {
    expect(judge('x.png', pictureOf('jpg'))).toBe('accepted')
    expect(judge('X.JPG', pictureOf('webp'))).toBe('accepted')
  })

  it.each([
    [20_000, 20_000],
    [0xffff_ffff, 0xffff_ffff],
    [70_000, 1],
    [1, 70_000],
  ])('case 37: image bomb: a PNG that says %i x %i is refused', (width, height) => {
    expect(judge('x.png', bombPng(width, height), 134_217_728)).toBe('BODY_TOO_LARGE')
  })

  it.each([
    [0, 5],
    [5, 0],
  ])('a picture of %i x %i is none', (width, height) => {
    expect(judge('x.png', bombPng(width, height))).toBe('UNSUPPORTED_MEDIA_TYPE')
  })

  it('image bomb: the size behind a long JPEG head is found', () => {
    const jpeg = pictureOf('jpg')
    const segment = Buffer.alloc(65_535, 0x20)
    segment.writeUInt16BE(0xffee, 0)
    segment.writeUInt16BE(65_533, 2)
    const long = Buffer.concat([jpeg.subarray(0, 2), ...Array<Buffer>(20).fill(segment), jpeg.subarray(2)])
    expect(judge('x.jpg', long, PIXELS, 4096)).toBe('accepted')
    expect(judge('x.jpg', long, PIXELS - 1, 4096)).toBe('BODY_TOO_LARGE')
  })

  it('image bomb: the second page of a TIFF counts, and pages in a circle are refused', () => {
    const page = (next: number, width: number): Buffer => {
      const directory = Buffer.alloc(2 + 24 + 4)
      directory.writeUInt16LE(2, 0)
      for (const [entry, tag, value] of [
        [0, 256, width],
        [1, 257, 100],
      ] as const) {
        directory.writeUInt16LE(tag, 2 + entry * 12)
        directory.writeUInt16LE(4, 4 + entry * 12)
        directory.writeUInt32LE(1, 6 + entry * 12)
        directory.writeUInt32LE(value, 10 + entry * 12)
      }
      directory.writeUInt32LE(next, 26)
      return directory
    }
    const head = Buffer.from('49492a0008000000', 'hex')
    expect(judge('x.tif', Buffer.concat([head, page(38, 100), page(0, 100)]), 20_000)).toBe('accepted')
    expect(judge('x.tif', Buffer.concat([head, page(38, 100), page(0, 101)]), 20_000)).toBe('BODY_TOO_LARGE')
    expect(judge('x.tif', Buffer.concat([head, page(8, 100)]), 10_000)).toBe('UNSUPPORTED_MEDIA_TYPE')
    expect(judge('x.tif', Buffer.concat([head, page(9999, 100)]), 10_000)).toBe('UNSUPPORTED_MEDIA_TYPE')
  })

  it('image bomb: a second head of a PNG, which Pillow believes, is refused', () => {
    const png = pictureOf('png')
    const second = Buffer.from(png.subarray(8, 33))
    second.writeUInt32BE(60_000, 8)
    second.writeUInt32BE(60_000, 12)
    const twice = Buffer.concat([png.subarray(0, 33), second, png.subarray(33)])
    for (const size of [1, 33, 4096]) expect(judge('x.png', twice, PIXELS, size)).toBe('UNSUPPORTED_MEDIA_TYPE')
  })

  it('image bomb: a second head of a JPEG, which Pillow believes, is refused', () => {
    const jpeg = pictureOf('jpg')
    const at = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
    const length = 2 + jpeg.readUInt16BE(at + 2)
    const second = Buffer.from(jpeg.subarray(at, at + length))
    second.writeUInt16BE(60_000, 5)
    second.writeUInt16BE(60_000, 7)
    const twice = Buffer.concat([jpeg.subarray(0, at + length), second, jpeg.subarray(at + length)])
    expect(judge('x.jpg', jpeg, PIXELS)).toBe('accepted')
    expect(judge('x.jpg', twice, PIXELS)).toBe('UNSUPPORTED_MEDIA_TYPE')
  })

  it('image bomb: every frame of an APNG counts', () => {
    const png = pictureOf('png')
    const chunk = Buffer.alloc(20)
    chunk.writeUInt32BE(8, 0)
    chunk.write('acTL', 4)
    chunk.writeUInt32BE(99, 8)
    const film = Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)])
    expect(judge('x.png', film, PIXELS * 100)).toBe('accepted')
    expect(judge('x.png', film, PIXELS * 100 - 1)).toBe('BODY_TOO_LARGE')
  })

  it('image bomb: every frame of a GIF and a WebP counts', async () => {
    const frames = 12
    const page = await sharp(pictureOf('png')).removeAlpha().raw().toBuffer()
    // Each frame another one: equal ones are joined.
    const raw = Buffer.concat(
      Array.from({ length: frames }, (_, frame) => page.map((byte) => (byte + frame * 20) & 255)),
    )
    const film = () => sharp(raw, { raw: { width: WIDTH, height: HEIGHT * frames, channels: 3, pageHeight: HEIGHT } })
    for (const [name, content] of [
      ['gif', await film().gif().toBuffer()],
      ['webp', await film().webp().toBuffer()],
    ] as const) {
      for (const size of [1, 7, 4096]) {
        expect([name, judge(`x.${name}`, content, PIXELS * frames, size)]).toEqual([name, 'accepted'])
        expect([name, judge(`x.${name}`, content, PIXELS * frames - 1, size)]).toEqual([name, 'BODY_TOO_LARGE'])
      }
    }
  })

  it('image bomb: a frame of a GIF that leaves the screen makes it larger', () => {
    const gif = Buffer.from(pictureOf('gif'))
    const at = gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, WIDTH, 0, HEIGHT, 0]))
    gif.writeUInt16LE(60_000, at + 5)
    gif.writeUInt16LE(60_000, at + 7)
    expect(judge('x.gif', gif, PIXELS)).toBe('BODY_TOO_LARGE')
  })

  it('image bomb: a film of AVIF pictures, whose number nobody knows, is refused', () => {
    const film = Buffer.from(pictureOf('avif'))
    film.write('avis', 8)
    expect(judge('x.avif', film, PIXELS)).toBe('UNSUPPORTED_MEDIA_TYPE')
  })

  it.each([
    ['clip.mp4', '0000001866747970 6d703432'],
    ['clip.mov', '0000001466747970 71742020'],
    ['clip.webm', '1a45dfa3 9f4286810142f7'],
    ['sound.wav', '52494646 24000000 57415645'],
    ['sound.mp3', '49443304 00000000'],
    ['sound.mp3', 'fffb9064 00000000'],
    ['sound.aac', 'fff15080 00000000'],
    ['sound.flac', '664c6143 00000022'],
    ['sound.ogg', '4f676753 00020000'],
    ['sound.m4a', '0000001866747970 4d344120'],
    ['shape.glb', '676c5446 02000000'],
    ['shape.obj', Buffer.from('# cube\nv 0 0 0\n').toString('hex')],
    ['shape.gltf', Buffer.from('{"asset":{}}').toString('hex')],
  ])('%s is taken by its first bytes', (name, hex) => {
    expect(judge(name, Buffer.from(hex.replace(/ /g, ''), 'hex'))).toBe('accepted')
  })

  it.each([
    'x.html',
    'x.htm',
    'x.svg',
    'x.SVG',
    'x.xml',
    'x.js',
    'x.mjs',
    'x.css',
    'x.py',
    'x.pt',
    'x.ckpt',
    'x.safetensors',
    'x.json',
    'x.zip',
    'x.exe',
    'x.sh',
    'x',
    'x.',
    '.png.',
    'png',
    'x.png [output]',
    'x.png[output]',
    'x.png ',
    'x.pngx',
    'x.png\0',
  ])('case 6: suffix tricks: the name %j is refused before a byte is read', (name) => {
    expect(() => new ContentInspector(name, { maxPixels: 1e6 })).toThrow(GateError)
    expect(judge(name, pictureOf('png'))).toBe('UNSUPPORTED_MEDIA_TYPE')
  })

  it.each([
    ['x.png', '<html><script>alert(1)</script>'],
    ['x.png', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">'],
    ['x.obj', '<html><script>alert(1)</script>'],
    ['x.obj', '\ufeff  \n<svg onload="alert(1)">'],
    ['x.gltf', '<?xml version="1.0"?>'],
    ['x.jpg', '#!/bin/sh\nrm'],
    ['x.glb', 'MZ\x90\0'],
    ['x.stl', 'PK\x03\x04'],
    ['x.mp4', 'not a film at all, but some text'],
    ['x.wav', 'GIF89a\x01\0\x01\0'],
    ['x.png', 'import os'],
    ['x.png', ''],
    ['x.obj', ''],
  ])('case 6: %s with other content is refused: %j', (name, content) => {
    expect(judge(name, Buffer.from(content, 'utf8'))).toBe('UNSUPPORTED_MEDIA_TYPE')
  })

  it('a heic picture, which ComfyUI cannot read, is no film either', () => {
    expect(judge('x.mp4', Buffer.from('000000186674797068656963', 'hex'))).toBe('UNSUPPORTED_MEDIA_TYPE')
  })

  it('ends for any bytes behind any head, and never with a fault of its own', () => {
    const heads = names.map((name) => fc.constant(name))
    fc.assert(
      fc.property(
        fc.oneof(...heads),
        fc.nat(64),
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(40),
        (name, at, bytes, size) => {
          const content = Buffer.concat([pictureOf(name).subarray(0, at), bytes])
          const verdict = judge(`x.${name}`, content, 1e6, size)
          expect(['accepted', 'UNSUPPORTED_MEDIA_TYPE', 'BODY_TOO_LARGE']).toContain(verdict)
          expect(judge(`x.${name}`, content, 1e6)).toBe(verdict)
        },
      ),
      { numRuns: 300 },
    )
  })
})
