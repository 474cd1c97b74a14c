import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionRate } from '../../proxy/http/connectionRate.ts'
import { defaultListenerLimits, Listener } from '../../proxy/http/listener.ts'
import type { ListenerHandlers } from '../../proxy/http/listener.ts'
import type { PeerRules } from '../../proxy/http/peerRules.ts'
import { ask } from '../support/httpClient.ts'
import { openRaw, sendRaw } from '../support/rawHttpClient.ts'
import { until } from '../support/tabClient.ts'

const attacker = '192.168.1.66'

/** So many connections of one a second, evenly; how many were let in. */
function flood(
  rate: ConnectionRate,
  clock: { ms: number },
  address: string,
  perSecond: number,
  seconds: number,
): number {
  let letIn = 0
  for (let at = 0; at < perSecond * seconds; at += 1) {
    clock.ms += 1000 / perSecond
    if (rate.take(address, address === '127.0.0.1') === 'ok') letIn += 1
  }
  return letIn
}

function open() {
  const clock = { ms: 0 }
  return { clock, rate: new ConnectionRate(defaultListenerLimits, () => clock.ms) }
}

describe('a flood of handshakes', () => {
  it('of one address gets 50 a second after the first 200, and others as many as before', () => {
    const { clock, rate } = open()
    expect(flood(rate, clock, attacker, 1000, 10)).toBeLessThanOrEqual(200 + 50 * 10 + 1)
    expect(rate.take('192.168.1.20', false)).toBe('ok')
    clock.ms += 1000
    expect(flood(rate, clock, attacker, 40, 10)).toBe(400)
  })

  it('is told of once a minute', () => {
    const { clock, rate } = open()
    flood(rate, clock, attacker, 1000, 1)
    const verdicts = new Set<string>()
    for (let at = 0; at < 3000; at += 1) {
      clock.ms += 1
      verdicts.add(rate.take(attacker, false))
    }
    expect([...verdicts].sort()).toEqual(['ok', 'tooManyAgain'])
    clock.ms += 60_000
    for (let at = 0; at < 1000; at += 1) verdicts.add(rate.take(attacker, false))
    expect(verdicts).toContain('tooMany')
  })

  it('from all addresses of an IPv6 network is bounded, and one of them alone keeps the others of it in', () => {
    const { clock, rate } = open()
    expect(flood(rate, clock, 'fd00::66', 1000, 5)).toBeLessThanOrEqual(200 + 50 * 5 + 1)
    for (let at = 0; at < 50; at += 1) expect(rate.take('fd00::20', false)).toBe('ok')
    let letIn = 0
    for (let at = 0; at < 5000; at += 1) if (rate.take(`fd00::1:${at.toString(16)}`, false) === 'ok') letIn += 1
    expect(letIn).toBeLessThanOrEqual(800)
  })

  it('is not what a page, a tool that opens one for each request, or 200 a second on this computer are', () => {
    const { clock, rate } = open()
    for (let tab = 0; tab < 20; tab += 1) {
      for (let part = 0; part < 6; part += 1) expect(rate.take('192.168.1.20', false)).toBe('ok')
      clock.ms += 100
    }
    clock.ms += 10_000
    expect(flood(rate, clock, '192.168.1.20', 50, 60)).toBe(3000)
    expect(flood(rate, clock, '127.0.0.1', 200, 60)).toBe(12_000)
  })
})

const listeners: Listener[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close(0)
})

async function listen(handlers: Partial<ListenerHandlers>, limits = {}, rules?: PeerRules) {
  const whole: ListenerHandlers = {
    request: (_request, response) => response.end('served'),
    upgrade: () => undefined,
    refused: () => undefined,
    ...handlers,
  }
  const listener = new Listener(whole, { limits: { ...defaultListenerLimits, ...limits }, ...(rules && { rules }) })
  listeners.push(listener)
  return { listener, port: await listener.listen('127.0.0.1', 0) }
}

describe('the gate under a flood of connections', () => {
  it('cuts them off before a byte is read, counts them all and names their address once', async () => {
    const told: string[] = []
    const refused: ListenerHandlers['refused'] = (address, why) => told.push(`${address} ${why}`)
    // Loopback counts ten times.
    const { listener, port } = await listen({ refused }, { connectionBurst: 1, connectionsPerSecond: 0.01 })
    const sockets = await Promise.all(Array.from({ length: 30 }, () => openRaw(port, '127.0.0.7')))
    for (const socket of sockets) socket.on('error', () => undefined).resume()
    await until(() => sockets.filter((socket) => socket.destroyed).length === 20, 'twenty were cut off')

    expect(listener.refusedForRate).toBe(20)
    expect(told).toEqual(['127.0.0.7 tooMany'])
    expect((await ask(port, '/', { from: '127.0.0.8' })).text).toBe('served')
    for (const socket of sockets) socket.destroy()
  })
})

describe('a log that cannot be written', () => {
  const get = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const fails = (): never => {
    throw new Error('the disk is full')
  }

  it('neither ends the gate nor lets in who is refused', async () => {
    const rules: PeerRules = { decide: () => 'blocked', onChange: () => () => undefined }
    const { port } = await listen({ refused: fails }, {}, rules)
    for (let at = 0; at < 2; at += 1) expect(await sendRaw(port, get)).toMatchObject({ text: '', closed: true })
  })

  it('lets nobody in of whom it should tell', async () => {
    let isBroken = true
    const connected = (): void => {
      if (isBroken) fails()
    }
    const { port } = await listen({ connected })
    expect(await sendRaw(port, get)).toMatchObject({ text: '', closed: true })
    isBroken = false
    expect((await sendRaw(port, get)).text).toContain('served')
  })
})
