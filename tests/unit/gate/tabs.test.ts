import { describe, expect, it } from 'vitest'
import { TabDirectory } from '../../../proxy/comfyui/tabs.ts'
import type { Outgoing } from '../../../proxy/comfyui/tabs.ts'

const MiB = 1024 * 1024

function openDirectory() {
  const clock = { now: 0, nowMs: () => clock.now }
  const tabs = new TabDirectory(clock)
  const keep = (accountId: string, sid: string, message: Partial<Outgoing> & Pick<Outgoing, 'bytes'>): void => {
    const whole = { binary: false, preview: false, ...message }
    tabs.sendTo(accountId, sid, () => whole, whole)
  }
  const take = (accountId: string, sid: string) => tabs.takeWaiting(accountId, sid).map(({ bytes }) => bytes)
  return { clock, keep, take }
}

describe('messages for a tab that is about to open', () => {
  it('come once, in their order, to this tab of this person only', () => {
    const { keep, take } = openDirectory()
    keep('mia', 'a', { bytes: '1' })
    keep('mia', 'a', { bytes: '2' })
    expect([take('leo', 'a'), take('mia', 'b')]).toEqual([[], []])
    expect([take('mia', 'a'), take('mia', 'a')]).toEqual([['1', '2'], []])
  })

  it('are forgotten after half a minute', () => {
    const { clock, keep, take } = openDirectory()
    keep('mia', 'a', { bytes: '1' })
    clock.now = 30_001
    expect(take('mia', 'a')).toEqual([])
  })

  it('are not pushed out by somebody who names tabs that never open', () => {
    const { keep, take } = openDirectory()
    keep('leo', 'a', { bytes: 'kept' })
    for (let count = 0; count < 1000; count += 1) keep('mia', `tab ${count}`, { bytes: 'x' })
    expect(take('leo', 'a')).toEqual(['kept'])
  })

  it('fill no more than 16 MiB for one person, however many tabs are named (memory exhaustion)', () => {
    const { keep, take } = openDirectory()
    for (let count = 0; count < 16; count += 1) keep('mia', `tab ${count}`, { bytes: Buffer.alloc(4 * MiB) })
    const kept = Array.from({ length: 16 }, (_, count) => take('mia', `tab ${count}`).length)
    expect(kept).toEqual([...Array<number>(12).fill(0), 1, 1, 1, 1])
  })

  it('lose the oldest preview first, and a message that is too large for all', () => {
    const { keep, take } = openDirectory()
    keep('mia', 'a', { bytes: 'first' })
    keep('mia', 'a', { bytes: Buffer.alloc(15 * MiB), binary: true, preview: true })
    keep('mia', 'a', { bytes: Buffer.alloc(2 * MiB), binary: true })
    expect(take('mia', 'a').map((bytes) => bytes.length)).toEqual(['first'.length, 2 * MiB])
    keep('mia', 'a', { bytes: Buffer.alloc(17 * MiB) })
    expect(take('mia', 'a')).toEqual([])
  })
})
