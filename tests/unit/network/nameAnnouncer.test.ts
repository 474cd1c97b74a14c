import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toAnnouncement } from '../../../proxy/network/mdns/mdnsMessages.ts'
import { MDNS_PORT } from '../../../proxy/network/mdns/mdnsSocket.ts'
import type { MdnsHandlers } from '../../../proxy/network/mdns/mdnsSocket.ts'
import { NameAnnouncer } from '../../../proxy/network/mdns/nameAnnouncer.ts'

const TEN_MINUTES = 10 * 60_000
const theirs = toAnnouncement({ host: 'gatehouse.local', addresses: ['192.168.1.66'] })
const link = { card: 'eth0', family: 'IPv4', cidr: '192.168.1.20/24', scopeId: 0, addresses: ['192.168.1.20'] } as const

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setUp() {
  const opened: MdnsHandlers[] = []
  const states: string[] = []
  const announcer = new NameAnnouncer({
    clock: { nowMs: () => Date.now() },
    ownAddresses: () => new Set(['192.168.1.20']),
    randomMs: () => 0,
    openSocket: (_link, handlers) => {
      opened.push(handlers)
      queueMicrotask(() => handlers.opened())
      return { send: () => undefined, close: () => undefined }
    },
  })
  announcer.onChange(() => states.push(announcer.describe().state))
  const conflict = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(100)
    opened.at(-1)?.message(theirs, { address: '192.168.1.66', port: MDNS_PORT })
  }
  return { announcer, opened, states, conflict }
}

describe('a name that another device has', () => {
  it('is asked for again every ten minutes, and taken once that device is gone', async () => {
    const { announcer, opened, states, conflict } = setUp()
    announcer.want({ name: 'gatehouse', links: [link] })
    await conflict()
    expect(announcer.describe().state).toBe('taken')

    await vi.advanceTimersByTimeAsync(TEN_MINUTES - 200)
    expect(opened).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(200)
    await conflict()
    expect(opened).toHaveLength(2)
    expect(announcer.describe().state).toBe('taken')

    await vi.advanceTimersByTimeAsync(TEN_MINUTES + 5000)
    expect(opened).toHaveLength(3)
    expect(states).toEqual(['checking', 'taken', 'announced'])
    announcer.close()
  })

  it('is not asked for any more when nothing is shared', async () => {
    const { announcer, opened, conflict } = setUp()
    announcer.want({ name: 'gatehouse', links: [link] })
    await conflict()
    announcer.close()
    await vi.advanceTimersByTimeAsync(3 * TEN_MINUTES)
    expect(opened).toHaveLength(1)
    expect(announcer.describe().state).toBe('off')
  })
})
