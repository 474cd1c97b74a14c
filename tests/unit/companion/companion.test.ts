import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { enginePatches } from '../../../proxy/core/enginePatches.ts'

const python = ['python3', 'python'].find((name) => {
  const found = spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))'], { timeout: 20_000 })
  return found.status === 0
})

describe.skipIf(python === undefined)('the companion (needs Python 3.9 or newer)', () => {
  it.each([
    ['its rules', 'companionTests.py'],
    ['the folders of users apart', 'folderTests.py'],
    ['the jobs of users apart', 'jobTests.py'],
    ['the requests of users apart', 'requestTests.py'],
    ['what jobs open and are given apart', 'accessTests.py'],
    ['models and nodes to those who may use them', 'ruleTests.py'],
    ['what it tells of classes and routes to what their source says', 'factTests.py'],
    ['itself off newer versions that it does not fit', 'newerTests.py'],
  ])(
    'keeps %s',
    (_rules, file) => {
      const path = fileURLToPath(new URL(file, import.meta.url))
      const result = spawnSync(python ?? '', [path, '-v'], { encoding: 'utf8', timeout: 60_000 })
      expect(result.stderr).toMatch(/Ran \d+ tests[\s\S]*\nOK\n$/)
      expect(result.status).toBe(0)
    },
    60_000,
  )

  it('names the parts that the gate asks for', () => {
    const pack = fileURLToPath(new URL('../../../resources/comfyui-companion', import.meta.url))
    const program =
      'import json, sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]); ' +
      'from gatehouse_companion.isolation.patching import ISOLATION; print(json.dumps(ISOLATION))'
    const result = spawnSync(python ?? '', ['-c', program, pack], { encoding: 'utf8', timeout: 20_000 })
    expect(JSON.parse(result.stdout)).toEqual([...enginePatches])
  })
})
