import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, cookie, openGateFixture, tokens } from '../../support/gateFixture.ts'
import type { GateFixture } from '../../support/gateFixture.ts'
import { ask } from '../../support/httpClient.ts'
import { openRaw, sendRaw } from '../../support/rawHttpClient.ts'
import { TabClient, until } from '../../support/tabClient.ts'
import { WebSocket } from 'ws'
import { request } from 'node:http'

let fixture: GateFixture
beforeEach(async () => {
  fixture = await openGateFixture({
    listenerLimits: { headersTimeoutMs: 300, connectionsPerAddress: 3 },
  })
})
afterEach(() => fixture.close())

/** Another loopback address stands for one in the LAN. */
const SHARED = '127.0.0.2'
const askShared = (path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    request(
      {
        host: SHARED,
        port: fixture.port,
        path,
        headers: { host: `${SHARED}:${fixture.port}`, ...headers },
        agent: false,
      },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
      .on('error', reject)
      .end()
  })

describe('listeners', () => {
  it("serve the owner's window only under its own name, and nothing of ComfyUI", async () => {
    const owner = await fixture.gate.openOwnerListener()
    expect(owner.url).toBe(`http://gatehouse.localhost:${owner.port}`)
    const host = `gatehouse.localhost:${owner.port}`
    const headers = { host, ...cookie(tokens.ownerSession) }
    expect((await ask(owner.port, '/gatehouse/api/v1/users', { headers })).status).toBe(200)
    expect((await ask(owner.port, '/login', { headers: { host } })).status).toBe(200)
    for (const path of ['/', '/embeddings', '/view?filename=a', '/of/a/pack', '/manager/reboot', '/assets/x.js']) {
      const answer = await ask(owner.port, path, { headers: { ...headers, 'sec-fetch-site': 'same-origin' } })
      expect(answer.status).toBe(404)
    }
    for (const wrong of [
      'gatehouse.localhost',
      `gatehouse.localhost:${fixture.port}`,
      `localhost:${owner.port}`,
      `127.0.0.1:${owner.port}`,
    ]) {
      expect((await ask(owner.port, '/gatehouse/', { headers: { ...headers, host: wrong } })).status).toBe(421)
    }
    expect(fixture.upstream.started).toEqual([])
  })

  it("keep the owner's session out of the people's address and a people's session out of the window", async () => {
    const owner = await fixture.gate.openOwnerListener()
    const outside = await ask(fixture.port, '/embeddings', { headers: cookie(tokens.ownerSession) })
    expect(outside.status).toBe(401)
    const host = `gatehouse.localhost:${owner.port}`
    const inside = await ask(owner.port, '/gatehouse/api/v1/users', {
      headers: { host, ...cookie(tokens.adminSession) },
    })
    expect(inside.status).toBe(401)
    const administering = await ask(fixture.port, '/gatehouse/api/v1/users', { headers: cookie(tokens.canvasSession) })
    expect(administering.status).toBe(403)
    expect(administering.json().detail).toContain('on this computer')
  })

  it('share on exactly the addresses asked for, and end everything that came over one', async () => {
    const headers = bearer(tokens.creator)
    await expect(askShared('/embeddings', headers)).rejects.toThrow('ECONNREFUSED')
    await fixture.gate.openSharing([SHARED])
    expect(await askShared('/embeddings', headers)).toBe(200)
    const near = await TabClient.open(fixture.port, '/ws', { headers })
    const far = new WebSocket(`ws://${SHARED}:${fixture.port}/ws`, { headers })
    far.on('error', () => undefined)
    await once(far, 'open')
    const closed = once(far, 'close')
    await fixture.gate.closeSharing()
    expect((await closed)[0]).toBe(1001)
    await expect(askShared('/embeddings', headers)).rejects.toThrow('ECONNREFUSED')
    await near.settle()
    expect(near.closeCode).toBeUndefined()
    expect((await ask(fixture.port, '/embeddings', { headers: { ...headers, host: SHARED } })).status).toBe(421)
  })

  it('move to another port with everything that came over the old one ended, or not at all', async () => {
    const headers = bearer(tokens.creator)
    await fixture.gate.openSharing([SHARED])
    const tab = await TabClient.open(fixture.port, '/ws', { headers })
    const far = new WebSocket(`ws://${SHARED}:${fixture.port}/ws`, { headers })
    far.on('error', () => undefined)
    await once(far, 'open')
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port: taken } = other.address() as AddressInfo

    await expect(fixture.gate.movePublicListener(taken)).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    expect(await askShared('/queue', headers)).toBe(200)
    expect([tab.closeCode, far.readyState]).toEqual([undefined, WebSocket.OPEN])

    const closed = once(far, 'close')
    const { port } = await fixture.gate.movePublicListener(0)
    expect((await closed)[0]).toBe(1001)
    await until(() => tab.closeCode === 1001, 'the near tab is closed')
    expect((await ask(port, '/queue', { headers })).status).toBe(200)
    await expect(ask(fixture.port, '/queue', { headers })).rejects.toThrow('ECONNREFUSED')
    await expect(askShared('/queue', headers)).rejects.toThrow('ECONNREFUSED')
    other.close()
  })

  it('keep what stays shared when addresses change', async () => {
    const headers = bearer(tokens.creator)
    await fixture.gate.openSharing([SHARED])
    const far = new WebSocket(`ws://${SHARED}:${fixture.port}/ws`, { headers })
    await once(far, 'open')
    await fixture.gate.openSharing([SHARED, '127.0.0.3'])
    const pong = once(far, 'pong')
    far.ping()
    await pong
    await fixture.gate.openSharing(['127.0.0.3'])
    await until(() => far.readyState === WebSocket.CLOSED, 'closed')
  })

  it('serve on a wildcard only the addresses that this computer has', async () => {
    const others = Object.values(networkInterfaces()).flatMap((infos) =>
      (infos ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal),
    )
    await fixture.gate.openSharing(['0.0.0.0'])
    expect(
      (await ask(fixture.port, '/embeddings', { headers: { host: '127.0.0.9', ...bearer(tokens.creator) } })).status,
    ).toBe(421)
    for (const { address } of others) {
      const answer = await ask(fixture.port, '/embeddings', { headers: { host: address, ...bearer(tokens.creator) } })
      expect(answer.status).toBe(200)
    }
    await fixture.gate.closeSharing()
    for (const { address } of others) {
      expect(
        (await ask(fixture.port, '/embeddings', { headers: { host: address, ...bearer(tokens.creator) } })).status,
      ).toBe(421)
    }
  })

  it('say in words that a port is taken, or take the next free one when told so', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()))
    const { port } = other.address() as AddressInfo
    const second = await openGateFixture()
    await second.gate.close()
    const third = await openGateFixture()
    await expect(third.gate.openPublicListener({ port })).rejects.toThrow(TypeError)
    await third.close()
    await second.upstream.close()
    const { createGate } = await import('../../../proxy/gate.ts')
    const { systemClock } = await import('../../../proxy/core/clock.ts')
    const { systemRandom } = await import('../../../proxy/core/random.ts')
    const { silentLogger } = await import('../../../proxy/core/logger.ts')
    const { engine, authenticator, settings, folders, nodes, queue } = fixture
    const gate = createGate({
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      engine,
      authenticator,
      settings,
      folders,
      nodes,
      jobs: queue.jobs,
      audit: { record: () => undefined },
      ownApplication: () => undefined,
    })
    await expect(gate.openPublicListener({ port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(String(port)) as string,
    })
    expect((await gate.openPublicListener({ port, fallbackPorts: 20 })).port).toBeGreaterThan(port)
    await gate.close()
    await new Promise((resolve) => other.close(resolve))
  })

  it('case 36: cut off who does not finish the headers, and who says nothing at all', async () => {
    const slow = await sendRaw(fixture.port, 'GET /embeddings HTTP/1.1\r\nHost: localhost\r\nX-A:', { silenceMs: 4000 })
    expect(slow.closed).toBe(true)
    expect(slow.statuses).toEqual([408])
    const silent = await openRaw(fixture.port)
    silent.on('error', () => undefined)
    silent.resume()
    await once(silent, 'close')
    expect(fixture.upstream.started).toEqual([])
  })

  it('case 15: hold so many connections from one address and no more', async () => {
    // Programs on this computer share an address and may have four times as many.
    const sockets = await Promise.all(Array.from({ length: 13 }, () => openRaw(fixture.port)))
    for (const socket of sockets) socket.on('error', () => undefined)
    const last = sockets.at(-1)
    if (last === undefined) throw new Error('no socket')
    last.resume()
    await until(() => sockets.some((socket) => socket.destroyed || socket.readyState === 'closed'), 'one is refused')
    for (const socket of sockets) socket.destroy()
  })

  it('end idle connections at once and let running requests finish when the gate closes', async () => {
    let finish = (): void => undefined
    fixture.upstream.on('GET /view', (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' })
      response.write('a')
      finish = () => response.end('b')
    })
    const idle = await openRaw(fixture.port)
    const idleClosed = once(idle, 'close')
    const running = ask(fixture.port, '/view?filename=a.png', { headers: bearer(tokens.creator) })
    await until(() => fixture.upstream.started.length > 0, 'running')
    const closing = fixture.gate.close()
    await idleClosed
    finish()
    expect((await running).text).toBe('ab')
    await closing
  })

  it('do not wait for event streams when the gate closes', async () => {
    await fixture.close()
    fixture = await openGateFixture({
      drainMs: 20_000,
      ownApplication: (_request, response) =>
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n'),
    })
    const answer = ask(fixture.port, '/gatehouse/api/v1/session', { headers: bearer(tokens.creator) })
    const cut = expect(answer).rejects.toThrow()
    await until(() => fixture.ownSeen.length > 0, 'streaming')
    const began = performance.now()
    await fixture.gate.close()
    expect(performance.now() - began).toBeLessThan(2000)
    await cut
  })

  it('count as here whoever has a page of ours open, but not the owner’s window', async () => {
    const owner = await fixture.gate.openOwnerListener()
    const headers = { ...cookie(tokens.ownerSession), host: `gatehouse.localhost:${owner.port}` }
    expect((await ask(owner.port, '/gatehouse/api/v1/session', { headers })).status).toBe(200)
    expect(fixture.gate.connections()).toEqual([])

    const own = await ask(fixture.port, '/gatehouse/api/v1/account', { headers: cookie(tokens.creatorSession) })
    expect(own.status).toBe(200)
    expect(fixture.gate.connections()).toMatchObject([{ name: 'cleo', sockets: 0, usesComfyui: false }])
    await ask(fixture.port, '/queue', { headers: cookie(tokens.creatorSession) })
    expect(fixture.gate.connections()).toMatchObject([{ name: 'cleo', sockets: 0, usesComfyui: true }])
  })

  it('count nobody as here whose access has ended', async () => {
    let changes = 0
    fixture.gate.onConnectionsChange(() => (changes += 1))
    const tab = await TabClient.open(fixture.port, '/ws', { headers: cookie(tokens.creatorSession) })
    const before = changes
    fixture.authenticator.revoke(tokens.creatorSession)
    expect(await tab.closed()).toBe(4401)
    expect(fixture.gate.connections()).toEqual([])
    expect(changes).toBeGreaterThan(before)
  })

  it('know who is here', async () => {
    const tab = await TabClient.open(fixture.port, '/ws', {
      headers: { ...cookie(tokens.creatorSession), 'user-agent': 'Krita' },
    })
    await ask(fixture.port, '/embeddings', { headers: bearer(tokens.admin) })
    expect(fixture.gate.connections()).toMatchObject([
      { name: 'cleo', sockets: 1, credential: 'session', clientAddress: '127.0.0.1', userAgent: 'Krita' },
      { name: 'ada', sockets: 0, credential: 'key' },
    ])
    tab.socket.close()
    await until(() => fixture.gate.connections()[0]?.sockets === 0, 'gone')
  })
})
