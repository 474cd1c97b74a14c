import { describe, expect, it } from 'vitest'
import {
  checkFilePrefix,
  checkSubfolder,
  checkUserdataQuery,
  checkViewQuery,
} from '../../../proxy/comfyui/fileNames.ts'
import { checkPrompt } from '../../../proxy/comfyui/prompt.ts'
import { isPlainPath } from '../../../launcher/practice/nodes/savePath.ts'

const refused = expect.objectContaining({ code: 'BAD_REQUEST' })

/** Ways to write the name of the gate's own folder, as one file system or another takes them. */
const spellings = [
  '.gatehouse',
  '.GateHouse',
  '.gatehouse.',
  '.gatehouse ',
  '.gatehouse::$INDEX_ALLOCATION',
  'GATEHO~1',
  '.gate\u200bhouse',
  '.gatehou\u017fe',
]

describe('the gate’s own folder within somebody’s', () => {
  it.each(spellings)('is asked for by nobody: %j', (name) => {
    for (const path of [name, `${name}/removed`, `a/${name}/b`]) {
      expect(() =>
        checkViewQuery([
          ['filename', 'x'],
          ['subfolder', path],
        ]),
      ).toThrow(refused)
      expect(() => checkViewQuery([['filename', `${path}/x`]])).toThrow(refused)
      expect(() => checkUserdataQuery([['dir', path]])).toThrow(refused)
      expect(() => checkSubfolder(path)).toThrow(refused)
      expect(() => checkFilePrefix(`${path}/x`)).toThrow(refused)
      expect([path, isPlainPath(path)]).toEqual([path, false])
    }
  })

  it('is no other whose name is like it', () => {
    for (const path of ['my.gatehouse', 'gatehouse', '.gatehouses', 'gateho~x']) {
      checkViewQuery([
        ['filename', 'x'],
        ['subfolder', path],
      ])
      checkFilePrefix(`${path}/x`)
      expect([path, isPlainPath(path)]).toEqual([path, true])
    }
  })
})

describe('a prompt', () => {
  const send = (prefix: unknown) => {
    const prompt = { 7: { class_type: 'SaveImage', inputs: { filename_prefix: prefix, images: ['1', 0] } } }
    return checkPrompt(Buffer.from(JSON.stringify({ prompt })), { administrator: false }, { maxNodes: 10 })
  }

  it.each(['.gatehouse/q/x', 'a\\b', 'a\tb', 'a\u007fb', 'a\u0000b', `${'d/'.repeat(40)}x`])(
    'with files that would be recorded nowhere is refused in words: %j',
    (prefix) => {
      const details = { promptError: 'not_allowed', promptDetails: 'Node #7' }
      expect(() => send(prefix)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', details }))
    },
  )

  it.each(['ComfyUI', 'a/b/x', '%date:yyyy-MM-dd%/x_%width%', 'ä 日本', '.hidden', ['3', 0], 5])(
    'with other names is taken: %j',
    (prefix) => expect(send(prefix).nodes.size).toBe(1),
  )
})
