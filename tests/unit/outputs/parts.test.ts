import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseRange } from '../../../proxy/api/byteRange.ts'
import { readFileKind } from '../../../proxy/outputs/fileKind.ts'
import { describeMaking } from '../../../proxy/outputs/madeWith.ts'
import { toFreeNames } from '../../../proxy/outputs/removedFiles.ts'
import { makePicture } from '../../support/outputsFixture.ts'

describe('a byte range', () => {
  it.each([
    [undefined, undefined],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=5-', { start: 5, end: 99 }],
    ['bytes=5-1000', { start: 5, end: 99 }],
    ['bytes=-5', { start: 95, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=7-3', undefined],
    ['bytes=-', undefined],
    ['bytes=0-1,3-4', undefined],
    ['bytes= 0-1', undefined],
  ])('%s', (header, range) => {
    expect(parseRange(header, 100)).toEqual(range)
  })

  it('of an empty file is never satisfied', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable')
    expect(parseRange('bytes=-5', 0)).toBe('unsatisfiable')
  })
})

describe('what a file is', () => {
  const kindOf = async (name: string, bytes: Buffer) => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-kind-'))
    writeFileSync(join(directory, 'x'), bytes)
    const handle = await open(join(directory, 'x'))
    try {
      return await readFileKind(handle, name)
    } finally {
      await handle.close()
      rmSync(directory, { recursive: true })
    }
  }

  it('is told by its first bytes, whatever its name', async () => {
    const picture = { kind: 'image', mediaType: 'image/webp', width: 30, height: 20 }
    expect(await kindOf('movie.mp4', await makePicture(30, 20, 'webp'))).toEqual(picture)
  })

  it.each([
    ['x.mp4', '\0\0\0\x18ftypisom', 'video', 'video/mp4'],
    ['x.mov', '\0\0\0\x18ftypqt  ', 'video', 'video/quicktime'],
    ['x.m4a', '\0\0\0\x18ftypM4A ', 'audio', 'audio/mp4'],
    ['x.webm', '\x1aE\xdf\xa3', 'video', 'video/webm'],
    ['x.flac', 'fLaC', 'audio', 'audio/flac'],
    ['x.glb', 'glTF', 'model', 'model/gltf-binary'],
    ['x.obj', 'v 0 0 0', 'model', 'model/obj'],
    ['x.constructor', 'v 0 0 0', 'other', 'application/octet-stream'],
    ['x.svg', '<svg/>', 'other', 'application/octet-stream'],
    ['x.png', '', 'other', 'application/octet-stream'],
    ['x.png', '\x89PNG\r\n\x1a\n', 'image', 'image/png'],
  ])('%s is %j: %s', async (name, head, kind, mediaType) => {
    expect(await kindOf(name, Buffer.from(head, 'latin1'))).toEqual({ kind, mediaType, width: null, height: null })
  })
})

describe('a free name', () => {
  it('keeps the extension', () => {
    const names = toFreeNames('a.b.png')
    expect([names.next().value, names.next().value, names.next().value]).toEqual([
      'a.b.png',
      'a.b (1).png',
      'a.b (2).png',
    ])
  })
})

describe('how a picture was made', () => {
  it('follows texts over nodes in between', () => {
    const prompt = JSON.stringify({
      1: { class_type: 'KSampler', inputs: { positive: ['2', 0], negative: ['4', 0], cfg: 7.5 } },
      2: { class_type: 'ControlNetApply', inputs: { conditioning: ['3', 0], strength: 1 } },
      3: { class_type: 'CLIPTextEncode', inputs: { text: ['5', 0], clip: ['9', 1] } },
      4: { class_type: 'CLIPTextEncode', inputs: { text: 'blur' } },
      5: { class_type: 'PrimitiveString', inputs: { value: 'a fox' } },
      6: { class_type: 'EmptyLatentImage', inputs: { width: 1024, height: 768 } },
    })
    expect(describeMaking(prompt)).toEqual([
      { label: 'Text', value: 'a fox' },
      { label: 'Negative text', value: 'blur' },
      { label: 'CFG', value: '7.5' },
      { label: 'Size', value: '1024 × 768' },
    ])
  })

  it.each([undefined, '', 'null', '[]', '{"1":null}', '{"1":{"class_type":1,"inputs":[]}}', '{"__proto__":{}}'])(
    'is not said by %j',
    (prompt) => {
      expect(describeMaking(prompt)).toEqual([])
    },
  )
})
