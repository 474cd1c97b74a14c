import { describe, expect, it } from 'vitest'
import { enginePatches } from '../../../proxy/core/enginePatches.ts'
import type { FolderSet } from '../../../proxy/isolation/userFolders.ts'
import { describeEngineTrouble, guardFolders } from '../../../service/engineTrouble.ts'

const names = [...enginePatches]
const all = Object.fromEntries(names.map((name) => [name, true]))
const own: FolderSet = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }
const hers: FolderSet = { inputDirectory: '/i', outputDirectory: '/o', tempDirectory: '/t', userdataDirectory: '/u' }

describe('an engine that cannot keep people apart', () => {
  it('is none when everything is reported', () => {
    expect(describeEngineTrouble({ patches: { ...all, secretCheck: true } })).toBeUndefined()
  })

  it.each(names)('is one without %s: reported as failed, or not at all', (name) => {
    const rest = Object.fromEntries(names.filter((other) => other !== name).map((other) => [other, true]))
    expect(describeEngineTrouble({ patches: rest })).toContain(name)
    expect(describeEngineTrouble({ patches: { ...all, [name]: false } })).toContain(name)
  })

  it('is one that failed in anything else it names', () => {
    expect(describeEngineTrouble({ patches: { ...all, memory: false } })).toContain('memory')
    expect(describeEngineTrouble({ patches: {} })).toContain('folders')
  })

  it('is none while no engine runs', () => {
    expect(describeEngineTrouble(undefined)).toBeUndefined()
  })

  it('gives folders to the owner only, and to everybody again when it is gone', async () => {
    let trouble: string | undefined = 'cannot be guarded'
    const source = {
      ensure: (id: string) => Promise.resolve(id === 'owner' ? own : hers),
      clearTemp: () => Promise.resolve(),
    }
    const guarded = guardFolders(source, () => trouble)
    await expect(guarded.ensure('mia')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(await guarded.ensure('owner')).toEqual(own)
    trouble = undefined
    expect(await guarded.ensure('mia')).toEqual(hers)
  })
})
