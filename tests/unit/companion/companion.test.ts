import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const testsPath = fileURLToPath(new URL('companionTests.py', import.meta.url))
const python = ['python3', 'python'].find((name) => {
  const found = spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))'], { timeout: 20_000 })
  return found.status === 0
})

describe.skipIf(python === undefined)('the companion (needs Python 3.9 or newer)', () => {
  it('keeps its rules', () => {
    const result = spawnSync(python ?? '', [testsPath, '-v'], { encoding: 'utf8', timeout: 60_000 })
    expect(result.stderr).toMatch(/Ran \d{2,} tests[\s\S]*\nOK\n$/)
    expect(result.status).toBe(0)
  })
})
