import { describe, expect, it } from 'vitest'
import { EngineBlame } from '../../../proxy/pipeline/engineBlame.ts'

const job = (id: string) => ({ id, accountId: `account of ${id}` }) as never

describe('an engine that ran out of memory', () => {
  const open = () => {
    const clock = { ms: 0, nowMs: () => clock.ms }
    const heavy = { of: undefined as string | undefined }
    const isUnansweredBesides = (accountId: string): boolean => heavy.of !== undefined && heavy.of !== accountId
    return { clock, heavy, blame: new EngineBlame(clock, { isUnansweredBesides }) }
  }

  it('at once is laid to what ran', () => {
    expect(open().blame.of('OUT_OF_MEMORY', job('a'))).toBe('sure')
  })

  it('is laid to the job that ran at both moments only', () => {
    const { blame } = open()
    expect(blame.pressed([job('a')]).size).toBe(0)
    expect([blame.of('OUT_OF_MEMORY', job('a')), blame.of('OUT_OF_MEMORY', job('b'))]).toEqual(['sure', 'none'])
  })

  it('is laid to what ran when an earlier pressure is long over: it excuses no other job for ever', () => {
    const { blame, clock } = open()
    blame.pressed([job('a')])
    clock.ms += 30_001
    expect(blame.of('OUT_OF_MEMORY', job('b'))).toBe('sure')
  })

  it('while somebody else’s request was open at one of the moments is laid to nobody', () => {
    const { blame, heavy } = open()
    const a = job('a')
    heavy.of = 'somebody else'
    expect([...blame.pressed([a])]).toEqual([a])
    heavy.of = undefined
    expect(blame.of('OUT_OF_MEMORY', a)).toBe('none')
    blame.pressed([a])
    heavy.of = 'somebody else'
    expect(blame.of('OUT_OF_MEMORY', a)).toBe('none')
    heavy.of = 'account of a'
    expect(blame.of('OUT_OF_MEMORY', a)).toBe('sure')
  })
})
