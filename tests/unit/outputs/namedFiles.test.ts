import { describe, expect, it } from 'vitest'
import { findNamedFiles, toParts } from '../../../proxy/outputs/namedFiles.ts'

const entryOf = (outputs: unknown): string => JSON.stringify({ prompt: [], outputs, status: {} })

describe('the files that a history entry names', () => {
  it('are those of every kind and node that were saved, each once', () => {
    const saved = (filename: string, subfolder = '') => ({ filename, subfolder, type: 'output' })
    const entry = entryOf({
      9: { images: [saved('a.png'), saved('b.png', 'x/y'), { filename: 'p.png', subfolder: '', type: 'temp' }] },
      10: { gifs: [saved('c.mp4')], text: ['a.png'], animated: [true] },
      11: { '3d': [saved('d.glb', 'mesh')], result: ['mesh/d.glb', null], audio: [saved('a.png')] },
    })
    expect(findNamedFiles(entry)).toEqual([
      { subfolder: '', name: 'a.png' },
      { subfolder: 'x/y', name: 'b.png' },
      { subfolder: '', name: 'c.mp4' },
      { subfolder: 'mesh', name: 'd.glb' },
    ])
  })

  it('may be named with the other system’s separator, or a folder in the name', () => {
    const entry = entryOf({ 9: { images: [{ filename: 'c\\d.png', subfolder: 'a\\b', type: 'output' }] } })
    expect(findNamedFiles(entry)).toEqual([{ subfolder: 'a/b/c', name: 'd.png' }])
  })

  it.each([
    ['no JSON', '{"outputs":'],
    ['another shape', '[]'],
    ['outputs that are a list', entryOf([])],
    ['nodes that are texts', entryOf({ 9: 'images' })],
    ['items that are none', entryOf({ 9: { images: [null, 3, [], { filename: 3, type: 'output' }] } })],
  ])('are none in %s', (_, entry) => {
    expect(findNamedFiles(entry)).toEqual([])
  })

  it('are bounded, however many a node names', () => {
    const images = Array.from({ length: 20_000 }, (_, at) => ({ filename: `${at}.png`, subfolder: '', type: 'output' }))
    expect(findNamedFiles(entryOf({ 9: { images } }))).toHaveLength(5_000)
  })
})

describe('a path below the folder', () => {
  it.each([
    ['..', 'x.png'],
    ['a/..', 'x.png'],
    ['a//b', 'x.png'],
    ['', '..'],
    ['', '.'],
    ['', ''],
    ['', 'a/b'],
    ['', 'a\\b'],
    ['', 'a\0b'],
    ['', 'a\nb'],
    ['.gatehouse', 'account.json'],
    ['.Gatehouse/removed', 'x'],
    ['', 'x'.repeat(256)],
    [Array.from({ length: 40 }, () => 'a').join('/'), 'x.png'],
  ])('is refused: %j %j', (subfolder, name) => {
    expect(toParts({ subfolder, name })).toBeUndefined()
  })

  it('is split', () => {
    expect(toParts({ subfolder: 'a/b', name: 'ü x.png' })).toEqual(['a', 'b', 'ü x.png'])
  })
})
