import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { ExpiringClipboard, secretMark, secretOnClipboardMs } from '../../../electron/shell/clipboard.ts'

vi.mock('electron', () => ({}))

class FakeClipboard {
  content = ''
  marked = false
  writeText(text: string): Promise<void> {
    this.content = text
    this.marked = false
    return Promise.resolve()
  }
  writeSecret(text: string): Promise<void> {
    this.content = text
    this.marked = true
    return Promise.resolve()
  }
  readText(): Promise<string> {
    return Promise.resolve(this.content)
  }
  clear(): void {
    this.content = ''
  }
}

describe('ExpiringClipboard', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('takes a secret back after 60 seconds, not before', async () => {
    const system = new FakeClipboard()
    await new ExpiringClipboard(system, silentLogger).copySecret('gh_secret')
    expect([system.content, system.marked]).toEqual(['gh_secret', true])
    await vi.advanceTimersByTimeAsync(secretOnClipboardMs - 1)
    expect(system.content).toBe('gh_secret')
    await vi.advanceTimersByTimeAsync(1)
    expect(system.content).toBe('')
  })

  it('leaves what somebody copied meanwhile', async () => {
    const system = new FakeClipboard()
    await new ExpiringClipboard(system, silentLogger).copySecret('gh_secret')
    await system.writeText('a recipe')
    await vi.advanceTimersByTimeAsync(secretOnClipboardMs)
    expect(system.content).toBe('a recipe')
  })

  it('never clears an ordinary text', async () => {
    const system = new FakeClipboard()
    const clipboard = new ExpiringClipboard(system, silentLogger)
    await clipboard.copySecret('gh_secret')
    await clipboard.copy('http://192.168.1.20:8190/')
    await vi.advanceTimersByTimeAsync(secretOnClipboardMs)
    expect(system.content).toBe('http://192.168.1.20:8190/')
  })

  it('counts 60 seconds from the last copy', async () => {
    const system = new FakeClipboard()
    const clipboard = new ExpiringClipboard(system, silentLogger)
    await clipboard.copySecret('gh_one')
    await vi.advanceTimersByTimeAsync(40_000)
    await clipboard.copySecret('gh_two')
    await vi.advanceTimersByTimeAsync(40_000)
    expect(system.content).toBe('gh_two')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(system.content).toBe('')
  })

  it('takes the secret back when Gatehouse quits', async () => {
    const system = new FakeClipboard()
    const clipboard = new ExpiringClipboard(system, silentLogger)
    await clipboard.copySecret('gh_secret')
    await clipboard.takeBack()
    expect(system.content).toBe('')
  })
})

describe('secretMark', () => {
  it.each([
    ['win32', 'ExcludeClipboardContentFromMonitorProcessing'],
    ['darwin', 'org.nspasteboard.ConcealedType'],
    ['linux', 'x-kde-passwordManagerHint'],
  ] as const)('on %s is %s', (platform, format) => {
    expect(secretMark(platform).format).toBe(format)
  })
})
