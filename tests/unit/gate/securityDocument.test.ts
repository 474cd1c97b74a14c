import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stages } from '../../../proxy/pipeline/pipeline.ts'

describe('docs/security.md', () => {
  it('names the stages of the pipeline in their order', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/security.md'), 'utf8')
    const named = [...text.matchAll(/^\| `(\w+)` +\|/gm)].map((match) => match[1])
    expect(named).toEqual(stages.map(({ name }) => name))
  })
})
