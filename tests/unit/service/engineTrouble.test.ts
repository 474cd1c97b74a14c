import { describe, expect, it } from 'vitest'
import { enginePatches } from '../../../proxy/core/enginePatches.ts'
import type { FolderSet } from '../../../proxy/isolation/userFolders.ts'
import { findMissingParts, guardFolders, watchEngineTrouble } from '../../../service/engineTrouble.ts'

const names = [...enginePatches]
const all = Object.fromEntries(names.map((name) => [name, true]))
const own: FolderSet = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }
const hers: FolderSet = { inputDirectory: '/i', outputDirectory: '/o', tempDirectory: '/t', userdataDirectory: '/u' }

type Health = { readonly patches: Record<string, boolean> } | undefined

function watch(health: Health | (() => Health)) {
  const logged: unknown[] = []
  const find = typeof health === 'function' ? health : () => health
  const error = (details: object): void => void logged.push('missing' in details ? details.missing : details)
  return { trouble: watchEngineTrouble(find, { error }), logged }
}

describe('an engine that cannot keep people apart', () => {
  it('is none when everything is reported, and while no engine runs', () => {
    expect(findMissingParts({ patches: { ...all, secretCheck: true } })).toEqual([])
    expect(watch({ patches: { ...all, secretCheck: true } }).trouble()).toBeUndefined()
    expect(watch(undefined).trouble()).toBeUndefined()
  })

  it.each(names)('is one without %s: reported as failed, or not at all', (name) => {
    const rest = Object.fromEntries(names.filter((other) => other !== name).map((other) => [other, true]))
    for (const patches of [rest, { ...all, [name]: false }]) {
      const { trouble, logged } = watch({ patches })
      expect(trouble()).toContain('nobody else is let in')
      expect(logged).toEqual([name])
    }
  })

  it('is one that failed in anything else it names', () => {
    expect(findMissingParts({ patches: { ...all, memory: false } })).toEqual(['memory'])
    expect(findMissingParts({ patches: {} })).toEqual(names)
  })

  it('tells the owner no names of parts, and the log each set of them once', () => {
    const world: { health: Health } = { health: { patches: { ...all, cacheKeys: false } } }
    const { trouble, logged } = watch(() => world.health)
    for (const name of names) expect(trouble()).not.toContain(name)
    expect(logged).toEqual(['cacheKeys'])
    world.health = { patches: all }
    expect(trouble()).toBeUndefined()
    world.health = { patches: { ...all, threads: false } }
    trouble()
    trouble()
    expect(logged).toEqual(['cacheKeys', 'threads'])
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
