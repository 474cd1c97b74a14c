import { Socket } from 'node:dgram'
import { performance } from 'node:perf_hooks'
import { encode } from 'dns-packet'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MDNS_PORT, openMdnsSocket } from '../../proxy/network/mdns/mdnsSocket.ts'
import type { MdnsSocket } from '../../proxy/network/mdns/mdnsSocket.ts'
import { NameOnLink } from '../../proxy/network/mdns/nameOnLink.ts'

/* What anybody in the network may send to the socket on which the name is announced. */

const HOST = 'gatehouse.local'
const question = encode({ type: 'query', questions: [{ type: 'A', name: HOST }] })

let socket: MdnsSocket | undefined
afterEach(() => {
  socket?.close()
  vi.restoreAllMocks()
})

const createName = (nowMs: () => number, send: () => void): NameOnLink =>
  new NameOnLink(
    { host: HOST, addresses: ['192.168.1.20'] },
    { clock: { nowMs }, ownAddresses: () => new Set(), randomMs: () => 0, send, onState: () => undefined },
  )

describe('packets to the announced name', () => {
  it('that come from port 0 are answered to nobody and end nothing', async () => {
    const joined = vi.spyOn(Socket.prototype, 'addMembership').mockImplementation(() => undefined)
    const heard: number[] = []
    const failed = vi.fn()
    await new Promise<void>((resolve) => {
      const link = { card: 'lo', family: 'IPv4', cidr: '127.0.0.1/8', scopeId: 0 } as const
      const handlers = {
        opened: resolve,
        message: (_message: Buffer, from: { readonly address: string; readonly port: number }) => {
          heard.push(from.port)
          socket?.send(question, from)
        },
        error: failed,
      }
      socket = openMdnsSocket(link, handlers, 20_000 + (process.pid % 9000))
    })
    const [opened] = joined.mock.contexts
    if (!(opened instanceof Socket)) throw new TypeError('no socket was opened')
    const from = { address: '127.0.0.1', family: 'IPv4', size: question.length }
    opened.emit('message', question, { ...from, port: 0 })
    opened.emit('message', question, { ...from, port: 1 })
    expect(heard).toEqual([1])
    expect(failed).not.toHaveBeenCalled()
  })

  it('whose names point at names a thousand times cost a fiftieth of the time, whatever their number', () => {
    const send = vi.fn()
    let nowMs = 0
    const name = createName(() => nowMs, send)
    const hostile = Array.from({ length: 100 }, makeDear)
    const began = performance.now()
    for (const message of hostile) name.hear(message, { address: '192.168.1.66', port: MDNS_PORT })
    expect(performance.now() - began).toBeLessThan(300)
    nowMs = 5000
    // What comes after that is read again.
    const taken = encode({ type: 'response', answers: [{ type: 'A', name: HOST, ttl: 120, data: '192.168.1.66' }] })
    name.hear(taken, { address: '192.168.1.66', port: MDNS_PORT })
    expect(name.state).toBe('taken')
  })
})

/** As many questions as fit, each for one name of 126 labels (RFC 1035, 4.1.4). */
function makeDear(): Buffer {
  const first = [...Array.from({ length: 126 }, () => [1, 97]).flat(), 0, 0, 1, 0, 1]
  const others = Math.floor((9000 - 12 - first.length) / 6)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(1 + others, 4)
  return Buffer.concat([
    head,
    Buffer.from(first),
    ...new Array<Buffer>(others).fill(Buffer.from([0xc0, 12, 0, 1, 0, 1])),
  ])
}
