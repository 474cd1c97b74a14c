import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RequestContext } from '../../proxy/pipeline/requestContext.ts'
import { bearer, cookie, openGateFixture, sessionPrincipal, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { rawRequest, sendRaw } from '../support/rawHttpClient.ts'
import { TabClient, until } from '../support/tabClient.ts'

/*
 * Attacks on the wire, with somebody else at work meanwhile: her tab is open, her job runs, and what she sees of the
 * attack is nothing.
 */

const PROMPT_ID = '12345678-1234-4234-8234-123456789abc'

let fixture: GateFixture
let hers: TabClient
const contexts: RequestContext[] = []

beforeEach(async () => {
  contexts.length = 0
  fixture = await openGateFixture({
    ownApplication: (_request, response, context) => {
      contexts.push(context)
      response.writeHead(200).end()
    },
  })
  fixture.upstream.on('POST /prompt', (_request, response) => response.end('{}'))
  hers = await TabClient.open(fixture.port, '/ws?clientId=hers', { headers: bearer(tokens.creator2) })
  const body = JSON.stringify({ prompt: {}, client_id: 'hers', prompt_id: PROMPT_ID })
  expect((await ask(fixture.port, '/prompt', { method: 'POST', headers: bearer(tokens.creator2), body })).status).toBe(
    200,
  )
  engine().send(JSON.stringify({ type: 'execution_start', data: { prompt_id: PROMPT_ID } }))
  await hers.waitFor('execution_start')
})
afterEach(() => fixture.close())

const engine = () => {
  const socket = fixture.upstream.sockets[0]
  if (socket === undefined) throw new Error('the gate has no socket at the engine')
  return socket
}

/** Her job goes on, and her tab has heard of that and of nothing else. */
async function expectHersUntouched(): Promise<void> {
  const before = hers.order.filter((type) => type !== 'status')
  engine().send(JSON.stringify({ type: 'executed', data: { prompt_id: PROMPT_ID, node: '1', output: {} } }))
  await hers.waitFor('executed')
  expect(hers.order.filter((type) => type !== 'status')).toEqual([...before, 'executed'])
  expect(before).toEqual(['execution_start'])
  expect(hers.closeCode).toBeUndefined()
}

describe('a WebSocket that may not be opened', () => {
  it.each([
    ['nobody’s', {}, 401],
    ['of an ended session', cookie('gone'), 401],
    ['of a wrong key', bearer('wrong'), 401],
    ['of a foreign page', { ...cookie(tokens.creatorSession), origin: 'http://evil.example' }, 403],
    ['of an opaque page', { ...cookie(tokens.creatorSession), origin: 'null' }, 403],
    ['of another program on this computer', { ...cookie(tokens.creatorSession), origin: 'http://127.0.0.1:1' }, 403],
    ['of somebody without ComfyUI', bearer(tokens.viewer), 403],
  ])('case 14: %s is refused before the upgrade, and her tab hears nothing', async (_whose, headers, status) => {
    for (const path of ['/ws?clientId=hers', '/api/ws?clientId=hers', '/%77s']) {
      await expect(TabClient.open(fixture.port, path, { headers })).rejects.toMatchObject({ status })
    }
    expect(fixture.upstream.sockets).toHaveLength(1)
    expect(fixture.gate.connections().map(({ name, sockets }) => [name, sockets])).toEqual([['cora', 1]])
    await expectHersUntouched()
  })

  it('case 14: is none that only half asks for one', async () => {
    const upgrade = ['GET /ws HTTP/1.1', 'Host: 127.0.0.1', `Authorization: Bearer ${tokens.creator}`]
    for (const more of [
      [],
      ['Upgrade: websocket'],
      ['Connection: Upgrade', 'Upgrade: websocket'],
      ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 12', 'Sec-WebSocket-Key: AAAA'],
    ]) {
      const { statuses } = await sendRaw(fixture.port, rawRequest([...upgrade, ...more]), { silenceMs: 300 })
      expect([more, statuses.filter((status) => status < 400)]).toEqual([more, []])
    }
    expect(fixture.upstream.sockets).toHaveLength(1)
    await expectHersUntouched()
  })
})

describe('one person’s many and busy WebSockets', () => {
  const open = (at: number) =>
    TabClient.open(fixture.port, `/ws?clientId=${at}`, { headers: bearer(tokens.creator) }).then(
      (tab) => ({ tab, status: 101 }),
      (error: unknown) => ({ tab: undefined, status: (error as { status: unknown }).status }),
    )

  it('case 15: a thousand of them are so many and no more, and hers stays', async () => {
    const most = fixture.settings.get('limits.socketsPerUser')
    const answers = []
    for (let at = 0; at < 1000; at += 50) {
      answers.push(...(await Promise.all(Array.from({ length: 50 }, (_, more) => open(at + more)))))
    }
    expect(answers.filter(({ status }) => status === 101)).toHaveLength(most)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(1000 - most)
    await expectHersUntouched()
    const another = await TabClient.open(fixture.port, '/ws', { headers: bearer(tokens.creator2) })
    expect(another.closeCode).toBeUndefined()
    for (const { tab } of answers) tab?.socket.terminate()
  })

  it('case 15: 5 MB at once and a flood of small texts end only the one that sends them', async () => {
    const [large, flooding, quiet] = await Promise.all([open(1), open(2), open(3)])
    large.tab?.socket.send(Buffer.alloc(5 * 1024 * 1024))
    for (let at = 0; at < 20_000; at += 1) flooding.tab?.socket.send('{"type":"feature_flags","data":{}}')
    expect(await large.tab?.closed()).toBe(1009)
    await expectHersUntouched()
    await quiet.tab?.settle()
    expect(quiet.tab?.closeCode).toBeUndefined()
    // Nothing of it went on to the engine, where it would be worked on for everybody.
    expect(fixture.upstream.received).toHaveLength(1)
    flooding.tab?.socket.terminate()
  })
})

describe('headers that claim another address', () => {
  const claims = {
    'x-forwarded-for': '203.0.113.9, 127.0.0.1',
    'x-real-ip': '203.0.113.9',
    forwarded: 'for=203.0.113.9;proto=https;host=evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'client-ip': '203.0.113.9',
    'cf-connecting-ip': '203.0.113.9',
  }

  it('case 40: say nothing to signing in, whose pauses count addresses', async () => {
    await ask(fixture.port, '/login', { headers: claims })
    expect(contexts.map(({ clientAddress, secure }) => [clientAddress, secure])).toEqual([['127.0.0.1', false]])
  })

  it('case 40: are in no entry of the log, and never reach the engine', async () => {
    await ask(fixture.port, '/queue', { headers: claims })
    await ask(fixture.port, '/embeddings', { headers: { ...claims, ...bearer(tokens.creator) } })
    expect(fixture.events.length).toBeGreaterThan(0)
    expect(JSON.stringify(fixture.events)).not.toMatch(/203\.0\.113\.9|evil\.example/)
    const sent = fixture.upstream.seen.find(({ url }) => url === '/embeddings')
    expect(sent).toBeDefined()
    expect(JSON.stringify(sent?.rawHeaders)).not.toMatch(/203\.0\.113\.9|evil\.example/)
    await expectHersUntouched()
  })
})

describe('a session of somebody who may do less now', () => {
  it('case 46: ends with the role: her tab stays, his is closed and opens nothing again', async () => {
    const his = await TabClient.open(fixture.port, '/ws', { headers: cookie(tokens.creatorSession) })
    fixture.authenticator.set(tokens.creatorSession, sessionPrincipal('cleo', 'viewer'))
    fixture.authenticator.changed()
    expect(await his.closed(1000)).toBe(4403)
    await expect(TabClient.open(fixture.port, '/ws', { headers: cookie(tokens.creatorSession) })).rejects.toMatchObject(
      { status: 403 },
    )
    expect((await ask(fixture.port, '/view?filename=a.png', { headers: cookie(tokens.creatorSession) })).status).toBe(
      403,
    )
    await expectHersUntouched()
  })

  it('case 46: ends when it expires: an open tab is closed and 401 is what it gets', async () => {
    const his = await TabClient.open(fixture.port, '/ws', { headers: cookie(tokens.creatorSession) })
    fixture.authenticator.revoke(tokens.creatorSession)
    expect(await his.closed(1000)).toBe(4401)
    expect((await ask(fixture.port, '/queue', { headers: cookie(tokens.creatorSession) })).status).toBe(401)
    await until(() => fixture.gate.connections().every(({ name }) => name === 'cora'), 'only she is here')
    await expectHersUntouched()
  })
})
