import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

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
})
