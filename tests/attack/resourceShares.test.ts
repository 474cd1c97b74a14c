import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BODY_BYTES_PER_ACCOUNT, TURNS_PER_ACCOUNT } from '../../proxy/pipeline/forwardTurn.ts'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { openRaw, rawRequest, sendRaw } from '../support/rawHttpClient.ts'
import { until } from '../support/tabClient.ts'

let fixture: GateFixture
let open: Socket[]
beforeEach(async () => {
  fixture = await openGateFixture()
  open = []
})
afterEach(async () => {
  for (const socket of open) socket.destroy()
  await fixture.close()
})

const connect = async (bytes: string | Buffer): Promise<Socket> => {
  const socket = await openRaw(fixture.port)
  socket.on('error', () => undefined)
  open.push(socket)
  socket.write(bytes)
  return socket
}
const head = (line: string, ...more: readonly string[]): string =>
  rawRequest([line, 'Host: 127.0.0.1', `Authorization: Bearer ${tokens.creator}`, ...more])

describe('one person who holds all they can', () => {
  it('case 36: takes with slow uploads no connection to the engine that others need', async () => {
    const post = head('POST /userdata/a.json HTTP/1.1', 'Content-Length: 1000')
    for (let at = 0; at < TURNS_PER_ACCOUNT; at += 1) await connect(`${post}x`)
    const uploads = (): number => fixture.upstream.started.filter((line) => line.startsWith('POST')).length
    await until(() => uploads() === TURNS_PER_ACCOUNT, 'every upload has reached the engine')

    const prompt = { method: 'POST', body: '{"prompt":{"1":{"class_type":"EmptyImage","inputs":{}}}}' }
    for (const [path, options] of [['/object_info', {}] as const, ['/prompt', prompt] as const]) {
      const refused = await ask(fixture.port, path, { headers: bearer(tokens.creator), ...options })
      expect(refused.status).toBe(429)
      expect(refused.text).toContain('Too many of your requests are under way')
    }
    const more = await sendRaw(fixture.port, `${post}x`)
    expect(more.statuses).toEqual([429])
    expect(uploads()).toBe(TURNS_PER_ACCOUNT)
    expect((await ask(fixture.port, '/object_info', { headers: bearer(tokens.creator2) })).status).toBe(200)

    for (const socket of open) socket.destroy()
    await expect
      .poll(async () => (await ask(fixture.port, '/object_info', { headers: bearer(tokens.creator) })).status)
      .toBe(200)
  })

  it('case 36: fills no memory with prompts that never end', async () => {
    const limit = 10 * 1024 * 1024
    const most = Buffer.alloc(limit - 1024, ' ')
    const fits = Math.floor(BODY_BYTES_PER_ACCOUNT / most.length)
    const answers: string[] = []
    for (let at = 0; at < fits + 4; at += 1) {
      const socket = await connect(head('POST /prompt HTTP/1.1', `Content-Length: ${limit}`))
      socket.on('data', (chunk: Buffer) => answers.push(chunk.toString('latin1').slice(0, 12)))
      socket.write(most)
    }
    await until(() => answers.length === 4, 'what is too much is refused', 20_000)
    expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 429']))
    fixture.upstream.on('POST /prompt', (_request, response) => response.end('{}'))
    const other = { method: 'POST', headers: bearer(tokens.creator2), body: '{"prompt":{}}' }
    expect((await ask(fixture.port, '/prompt', other)).status).toBe(200)

    for (const socket of open) socket.destroy()
    const own = { ...other, headers: bearer(tokens.creator) }
    await expect.poll(async () => (await ask(fixture.port, '/prompt', own)).status).toBe(200)
  })

  it('case 35: piles up no requests behind one that takes long', async () => {
    fixture.upstream.on('GET /object_info', () => undefined)
    const one = head('GET /object_info HTTP/1.1')
    const socket = await connect(one.repeat(400))
    await once(socket, 'close')
    expect(fixture.upstream.started.filter((line) => line === 'GET /object_info').length).toBeLessThanOrEqual(32)
  })

  it('case 15: is sent away when it floods a WebSocket with pings and reads no answer', async () => {
    const socket = await connect(
      rawRequest([
        'GET /ws HTTP/1.1',
        'Host: 127.0.0.1',
        `Authorization: Bearer ${tokens.creator}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ]),
    )
    await once(socket, 'data')
    socket.pause()
    const ping = Buffer.alloc(6 + 125)
    ping[0] = 0x89
    ping[1] = 0x80 | 125
    const pings = Buffer.concat(Array.from({ length: 500 }, () => ping))
    let sent = 0
    while (!socket.destroyed && sent < 256 * 1024 * 1024) {
      sent += pings.length
      if (socket.write(pings)) continue
      await new Promise<void>((resolve) => socket.once('drain', resolve).once('close', () => resolve()))
    }
    expect(socket.destroyed).toBe(true)
    await until(() => fixture.events.find(({ type }) => type === 'socket.closed'), 'the socket is closed')
  })
})
