import { decode, encode } from 'dns-packet'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { compareProposals, toAnnouncement, toProbe } from '../../../proxy/network/mdns/mdnsMessages.ts'
import { MDNS_PORT } from '../../../proxy/network/mdns/mdnsSocket.ts'
import { NameOnLink } from '../../../proxy/network/mdns/nameOnLink.ts'

const HOST = 'gatehouse.local'
const ours = { host: HOST, addresses: ['192.168.1.20', 'fd00::20'] }
const theirs = { host: HOST, addresses: ['192.168.1.66'] }
const everybody = { address: '192.168.1.40', port: MDNS_PORT }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setUp(own: readonly string[] = ours.addresses) {
  const sent: { kind: string; to: number | undefined; ttl: number | undefined }[] = []
  const name = new NameOnLink(ours, {
    clock: { nowMs: () => Date.now() },
    ownAddresses: () => new Set(own),
    randomMs: () => 100,
    send: (message, to) => {
      const packet = decode(message)
      const first = packet.answers?.[0]
      const kind = packet.type === 'query' ? 'probe' : first?.type === 'A' && first.ttl === 0 ? 'goodbye' : 'answer'
      sent.push({ kind, to: to?.port, ttl: first?.type === 'A' ? first.ttl : undefined })
    },
    onState: () => undefined,
  })
  const announce = (): void => {
    name.begin()
    vi.advanceTimersByTime(3000)
    sent.length = 0
  }
  return { name, sent, announce, kinds: () => sent.map(({ kind }) => kind) }
}

const question = (type: 'A' | 'AAAA' | 'TXT' = 'A', name = HOST): Buffer =>
  encode({ type: 'query', questions: [{ type, name }] })

describe('a name in the network', () => {
  it('is asked for three times before it is announced twice', () => {
    const { name, kinds } = setUp()
    name.begin()
    vi.advanceTimersByTime(849)
    expect(kinds()).toEqual(['probe', 'probe', 'probe'])
    expect(name.state).toBe('checking')
    vi.advanceTimersByTime(5000)
    expect(kinds()).toEqual(['probe', 'probe', 'probe', 'answer', 'answer'])
    expect(name.state).toBe('announced')
  })

  it('is left to whoever has it already, and nothing is announced', () => {
    const { name, kinds } = setUp()
    name.begin()
    vi.advanceTimersByTime(200)
    name.hear(toAnnouncement(theirs), everybody)
    vi.advanceTimersByTime(10_000)
    expect(name.state).toBe('taken')
    expect(kinds()).toEqual(['probe'])
  })

  it('that was squatted later is checked again, and given up when the other one defends it', () => {
    const { name, announce, kinds } = setUp()
    announce()
    name.hear(toAnnouncement(theirs), everybody)
    expect(name.state).toBe('checking')
    expect(kinds()).toEqual(['goodbye'])
    name.hear(toAnnouncement(theirs), everybody)
    expect(name.state).toBe('taken')
    vi.advanceTimersByTime(10_000)
    expect(kinds()).toEqual(['goodbye'])
  })

  it('is given up when somebody claims it again and again without defending it', () => {
    const { name, announce } = setUp()
    announce()
    for (let claim = 0; claim < 4; claim += 1) {
      name.hear(toAnnouncement(theirs), everybody)
      vi.advanceTimersByTime(3000)
    }
    expect(name.state).toBe('taken')
  })

  it('may be announced by another program of this computer, too', () => {
    const { name, announce } = setUp([...ours.addresses, '172.17.0.1'])
    announce()
    name.hear(toAnnouncement({ host: HOST, addresses: ['172.17.0.1'] }), everybody)
    expect(name.state).toBe('announced')
  })

  it('is kept by the later addresses when two ask at once', () => {
    const { name } = setUp()
    name.begin()
    name.hear(toProbe({ host: HOST, addresses: ['192.168.1.1'] }), everybody)
    vi.advanceTimersByTime(1000)
    expect(name.state).toBe('announced')
  })

  it('waits a second when the other one has the later addresses', () => {
    const { name } = setUp()
    name.begin()
    name.hear(toProbe({ host: HOST, addresses: ['200.0.0.1'] }), everybody)
    vi.advanceTimersByTime(900)
    expect(name.state).toBe('checking')
    vi.advanceTimersByTime(1000)
    expect(name.state).toBe('announced')
  })

  it('is answered at most once a second in a flood of questions', () => {
    const { name, announce, kinds } = setUp()
    announce()
    for (let query = 0; query < 5000; query += 1) name.hear(question(), everybody)
    expect(kinds().length).toBeLessThanOrEqual(1)
    vi.advanceTimersByTime(1000)
    name.hear(question('AAAA', 'GateHouse.LOCAL'), everybody)
    expect(kinds().at(-1)).toBe('answer')
  })

  it('does not become an amplifier for somebody else’s address', () => {
    const { name, announce, sent } = setUp()
    announce()
    for (let query = 0; query < 5000; query += 1) name.hear(question(), { address: '192.168.1.9', port: 7 })
    expect(sent).toEqual([{ kind: 'answer', to: 7, ttl: 10 }])
  })

  it('stays readable after a flood', () => {
    const { name, announce, kinds } = setUp()
    announce()
    for (let query = 0; query < 500; query += 1) name.hear(Buffer.alloc(64), everybody)
    vi.advanceTimersByTime(1000)
    name.hear(question(), everybody)
    expect(kinds()).toEqual(['answer'])
  })

  it('says nothing about other names', () => {
    const { name, announce, sent } = setUp()
    announce()
    vi.advanceTimersByTime(2000)
    name.hear(question('A', 'router.local'), everybody)
    expect(sent).toEqual([])
  })

  it('says goodbye at the end', () => {
    const { name, announce, kinds } = setUp()
    announce()
    name.end()
    expect(kinds()).toEqual(['goodbye'])
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a header alone', Buffer.alloc(12)],
    ['a loop of pointers', Buffer.from('000084000000000100000000c00c00010001000000780004c0a80142', 'hex')],
    ['more records than there are', Buffer.from('00008400ffffffffffffffff', 'hex')],
    ['too much', Buffer.alloc(9001)],
  ])('survives %s', (_title, message) => {
    const { name, announce } = setUp()
    announce()
    name.hear(message, everybody)
    expect(name.state).toBe('announced')
  })
})

describe('two proposals for one name', () => {
  it.each([
    [['192.168.1.20'], ['192.168.1.20'], 0],
    [['192.168.1.100'], ['192.168.1.20'], 1],
    [['192.168.1.20'], ['192.168.1.100'], -1],
    [['192.168.1.20', 'fd00::1'], ['192.168.1.20'], 1],
  ] as const)('%s and %s compare as %s', (left, right, expected) => {
    expect(compareProposals(left, right)).toBe(expected)
  })
})
