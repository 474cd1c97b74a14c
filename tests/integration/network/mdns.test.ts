import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { decode, encode } from 'dns-packet'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../proxy/core/clock.ts'
import { NameAnnouncer } from '../../../proxy/network/mdns/nameAnnouncer.ts'
import { openMdnsSocket } from '../../../proxy/network/mdns/mdnsSocket.ts'

/** Multicast that never leaves this computer: the group is joined on 127.0.0.1 alone, on a port of the test's own. */
const GROUP = '224.0.0.251'
const port = 20_000 + (process.pid % 9000)
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

function createAnnouncer(own: string): NameAnnouncer {
  const announcer = new NameAnnouncer({
    clock: systemClock,
    openSocket: (link, handlers) => openMdnsSocket(link, handlers, port),
    ownAddresses: () => new Set([own]),
    randomMs: () => 0,
    port,
  })
  closers.push(() => announcer.close())
  return announcer
}

const loopback = (address: string) => ({
  card: 'lo',
  family: 'IPv4' as const,
  cidr: '127.0.0.1/8',
  scopeId: 0,
  addresses: [address],
})

interface Heard {
  readonly name: string
  readonly data: unknown
  readonly ttl: number | undefined
}

async function listen(): Promise<{ socket: Socket; heard: Heard[] }> {
  const heard: Heard[] = []
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  closers.push(() => socket.close())
  socket.on('message', (message) => {
    const packet = decode(message)
    if (packet.type !== 'response') return
    for (const answer of packet.answers ?? []) {
      if (answer.type === 'A') heard.push({ name: answer.name, data: answer.data, ttl: answer.ttl })
    }
  })
  await new Promise<void>((resolve) => socket.bind({ port, address: '0.0.0.0' }, resolve))
  socket.addMembership(GROUP, '127.0.0.1')
  socket.setMulticastInterface('127.0.0.1')
  return { socket, heard }
}

describe('a name announced on one network card', () => {
  it('is found by whoever asks, and taken back at the end', async () => {
    const { socket, heard } = await listen()
    const announcer = createAnnouncer('127.0.0.7')
    announcer.want({ name: 'gatehouse', links: [loopback('127.0.0.7')] })
    expect(announcer.describe()).toEqual({ state: 'checking', host: 'gatehouse.local', problem: null })
    await vi.waitFor(() => expect(announcer.describe().state).toBe('announced'), { timeout: 3000 })
    await vi.waitFor(() => expect(heard.length).toBe(2), { timeout: 3000 })
    const ask = (): void =>
      socket.send(encode({ type: 'query', questions: [{ type: 'A', name: 'gatehouse.local' }] }), port, GROUP)
    await vi.waitFor(
      () => {
        ask()
        expect(heard.length).toBe(3)
      },
      { timeout: 3000, interval: 200 },
    )
    expect(heard.at(-1)).toEqual({ name: 'gatehouse.local', data: '127.0.0.7', ttl: 120 })
    announcer.close()
    await vi.waitFor(() => expect(heard.at(-1)?.ttl).toBe(0), { timeout: 3000 })
    expect(announcer.describe()).toEqual({ state: 'off', host: '', problem: null })
  })

  it('is not taken from the device that has it', async () => {
    const first = createAnnouncer('127.0.0.7')
    first.want({ name: 'gatehouse', links: [loopback('127.0.0.7')] })
    await vi.waitFor(() => expect(first.describe().state).toBe('announced'), { timeout: 3000 })
    const { heard } = await listen()
    const second = createAnnouncer('127.0.0.8')
    second.want({ name: 'gatehouse', links: [loopback('127.0.0.8')] })
    await vi.waitFor(() => expect(second.describe().state).toBe('taken'), { timeout: 3000 })
    expect(second.describe().problem).toMatch(/^Another device in your network already calls itself gatehouse\.local/)
    expect(first.describe().state).toBe('announced')
    expect(heard.filter(({ data }) => data === '127.0.0.8')).toEqual([])
  })

  it('is tried again when this computer comes into another network at the same address', async () => {
    const first = createAnnouncer('127.0.0.7')
    first.want({ name: 'gatehouse', links: [loopback('127.0.0.7')] })
    await vi.waitFor(() => expect(first.describe().state).toBe('announced'), { timeout: 3000 })
    const second = createAnnouncer('127.0.0.8')
    const wanted = { name: 'gatehouse', links: [loopback('127.0.0.8')] }
    second.want({ ...wanted, network: 'router:a' })
    await vi.waitFor(() => expect(second.describe().state).toBe('taken'), { timeout: 3000 })
    first.close()
    second.want({ ...wanted, network: 'router:a' })
    expect(second.describe().state).toBe('taken')

    second.want({ ...wanted, network: 'router:b' })

    await vi.waitFor(() => expect(second.describe().state).toBe('announced'), { timeout: 3000 })
  })

  it('says in words when the network does not let it', async () => {
    const announcer = createAnnouncer('127.0.0.7')
    announcer.want({ name: 'gatehouse', links: [{ ...loopback('127.0.0.7'), cidr: '203.0.113.7/24' }] })
    await vi.waitFor(() => expect(announcer.describe().state).toBe('failed'), { timeout: 3000 })
    expect(announcer.describe().problem).toMatch(/could not be announced/)
  })
})
