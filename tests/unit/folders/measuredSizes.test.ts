import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { MeasuredSizes } from '../../../proxy/folders/measuredSizes.ts'

function makeFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'gatehouse-sizes-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('a measured folder', () => {
  it('is looked at again after half a minute, or when it must be as it is now', async () => {
    const folder = makeFolder()
    let nowMs = 1_000
    const sizes = new MeasuredSizes({ nowMs: () => nowMs })
    expect(await sizes.read(folder)).toBe(0)
    writeFileSync(join(folder, 'x'), 'four')
    expect(await sizes.read(folder)).toBe(0)
    expect(await sizes.read(folder, { freshMs: 0, deadlineMs: 1_000 })).toBe(4)
    writeFileSync(join(folder, 'y'), 'six by')
    nowMs += 30_000
    expect(await sizes.read(folder)).toBe(10)
  })

  it('that takes long to walk is walked seldom, however fresh it must be', async () => {
    const folder = makeFolder()
    let nowMs = 0
    // Each look at the clock takes a second.
    const sizes = new MeasuredSizes({ nowMs: () => (nowMs += 1_000) })
    await sizes.read(folder)
    writeFileSync(join(folder, 'x'), 'four')
    expect(await sizes.read(folder, { freshMs: 0 })).toBe(0)
    nowMs += 20_000
    expect(await sizes.read(folder, { freshMs: 0 })).toBe(4)
  })

  it('holds all but the note of whose it is, unless somebody blew that up', async () => {
    const folder = makeFolder()
    mkdirSync(join(folder, '.gatehouse'))
    const marker = join(folder, '.gatehouse', 'account.json')
    writeFileSync(marker, '{"account":"x"}')
    const sizes = (): MeasuredSizes => new MeasuredSizes({ nowMs: () => 0 })
    expect(await sizes().read(folder)).toBe(0)
    writeFileSync(marker, ' '.repeat(5_000))
    expect(await sizes().read(folder)).toBe(5_000)
  })
})
