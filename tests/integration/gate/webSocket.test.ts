import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { accountIdOf, bearer, cookie, keyPrincipal, openGateFixture, tokens } from '../../support/gateFixture.ts'
import type { GateFixture } from '../../support/gateFixture.ts'
import { SECRET } from '../../support/fakeUpstream.ts'
import { ask } from '../../support/httpClient.ts'
import { TabClient, until } from '../../support/tabClient.ts'

let fixture: GateFixture

beforeEach(async () => {
  fixture = await openGateFixture()
  fixture.upstream.on('POST /prompt', (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { prompt_id } = JSON.parse(Buffer.concat(chunks).toString()) as { prompt_id: string }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ prompt_id, number: 0, node_errors: {} }))
    })
  })
})
afterEach(() => fixture.close())

const graph = { '1': { class_type: 'EmptyImage', inputs: {} } }

async function submit(token: string, clientId?: string): Promise<string> {
  const body = JSON.stringify({ prompt: graph, ...(clientId === undefined ? {} : { client_id: clientId }) })
  const answer = await ask(fixture.port, '/prompt', { method: 'POST', headers: bearer(token), body })
  expect(answer.status).toBe(200)
  return answer.json().prompt_id as string
}

const openTab = (token: string, clientId = '', options = {}): Promise<TabClient> =>
  TabClient.open(fixture.port, `/ws?clientId=${clientId}`, { headers: bearer(token), ...options })

const collector = () => until(() => fixture.upstream.sockets.at(-1), 'the gate opens its socket')
async function emit(type: string, data: object): Promise<void> {
  ;(await collector()).send(JSON.stringify({ type, data }))
}
async function emitBinary(bytes: Buffer): Promise<void> {
  ;(await collector()).send(bytes)
}
const plainPreview = Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0, 0, 1]), Buffer.from('jpeg')])
function metadataPreview(promptId: string): Buffer {
  const metadata = Buffer.from(JSON.stringify({ prompt_id: promptId, node_id: '1', image_type: 'image/png' }))
  const head = Buffer.alloc(8)
  head.writeUInt32BE(4, 0)
  head.writeUInt32BE(metadata.length, 4)
  return Buffer.concat([head, metadata, Buffer.from('png!')])
}

describe('gate over WebSocket', () => {
  it('opens one socket to the engine for everybody, with the secret and the metadata flag', async () => {
    const one = await openTab(tokens.creator)
    const two = await openTab(tokens.creator2)
    await until(() => fixture.upstream.received[0], 'feature flags')
    expect(fixture.upstream.sockets).toHaveLength(1)
    expect(JSON.parse(fixture.upstream.received[0] ?? '')).toEqual({
      type: 'feature_flags',
      data: { supports_preview_metadata: true },
    })
    expect(one.sid).not.toBe(two.sid)
  })

  it('case 13, 29: gives the events of a prompt to the tab that sent it and to nobody else', async () => {
    const mine = await openTab(tokens.creator, 'tab-a')
    const otherTab = await openTab(tokens.creator, 'tab-b')
    const stranger = await openTab(tokens.creator2, 'tab-a')
    const promptId = await submit(tokens.creator, 'tab-a')
    await emit('execution_start', { prompt_id: promptId })
    await emit('progress', { prompt_id: promptId, value: 1, max: 2, node: '1' })
    await emitBinary(metadataPreview(promptId))
    await emit('executing', { prompt_id: promptId, node: null })
    await mine.waitFor('executing')
    await Promise.all([otherTab.settle(), stranger.settle()])
    expect(mine.order.filter((type) => type !== 'status')).toEqual([
      'execution_start',
      'progress',
      'binary',
      'executing',
    ])
    expect(otherTab.order.filter((type) => type !== 'status')).toEqual([])
    expect(stranger.order.filter((type) => type !== 'status')).toEqual([])
  })

  it('loses no event of a job that was faster than its tab', async () => {
    const witness = await openTab(tokens.creator)
    const promptId = await submit(tokens.creator, 'late-tab')
    await emit('execution_start', { prompt_id: promptId })
    await emit('executed', { prompt_id: promptId, node: '1', output: { images: [] } })
    await emit('execution_success', { prompt_id: promptId })
    await emit('executing', { prompt_id: promptId, node: null })
    await witness.waitFor('status', (data) => data.sid === undefined && data.status.exec_info.queue_remaining === 0)
    const tab = await openTab(tokens.creator, 'late-tab')
    await tab.waitFor('executing')
    expect(tab.order.filter((type) => type !== 'status')).toEqual([
      'execution_start',
      'executed',
      'execution_success',
      'executing',
    ])
  })

  it('serves both sockets of a reloading page, and the newer one after the older closed', async () => {
    const before = await openTab(tokens.creator, 'same')
    const after = await openTab(tokens.creator, 'same')
    const promptId = await submit(tokens.creator, 'same')
    await emit('execution_start', { prompt_id: promptId })
    await Promise.all([before.waitFor('execution_start'), after.waitFor('execution_start')])
    before.socket.close()
    await before.closed()
    await emit('executed', { prompt_id: promptId, node: '1', output: {} })
    await after.waitFor('executed')
  })

  it('tells a tab that comes back in the middle what runs', async () => {
    const first = await openTab(tokens.creator, 'back')
    const promptId = await submit(tokens.creator, 'back')
    await emit('execution_start', { prompt_id: promptId })
    await emit('executing', { prompt_id: promptId, node: '7' })
    await first.waitFor('executing')
    const again = await openTab(tokens.creator, 'back')
    expect((await again.waitFor('executing')).data).toEqual({ node: '7' })
  })

  it('turns previews with metadata into plain ones for tabs that did not ask for them', async () => {
    const plain = await openTab(tokens.creator, 'p')
    const promptId = await submit(tokens.creator, 'p')
    await emitBinary(metadataPreview(promptId))
    const bytes = await until(() => plain.binaries[0], 'preview')
    expect(bytes.readUInt32BE(0)).toBe(1)
    expect(bytes.readUInt32BE(4)).toBe(2)
    expect(bytes.subarray(8).toString()).toBe('png!')
    plain.socket.send(JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } }))
    await plain.waitFor('feature_flags', (data) => data.max_upload_size === 100 * 1024 * 1024)
    await emitBinary(metadataPreview(promptId))
    expect((await until(() => plain.binaries[1], 'second preview')).readUInt32BE(0)).toBe(4)
  })

  it('case 29: gives pictures and texts without a name to the owner of the running job only', async () => {
    const mine = await openTab(tokens.creator, 'm')
    const stranger = await openTab(tokens.creator2, 's')
    const promptId = await submit(tokens.creator, 'm')
    await emit('execution_start', { prompt_id: promptId })
    await emitBinary(plainPreview)
    await emitBinary(Buffer.from([0, 0, 0, 3, 0, 0, 0, 1, 0x31, 0x68, 0x69]))
    await until(() => mine.binaries.length === 2, 'both')
    await emit('executing', { prompt_id: promptId, node: null })
    await emitBinary(plainPreview)
    await emit('execution_success', { prompt_id: promptId })
    await mine.waitFor('execution_success')
    expect(mine.binaries).toHaveLength(2)
    await stranger.settle()
    expect(stranger.binaries).toHaveLength(0)
  })

  it('case 29: tells a prompt without client_id to the tabs of its account as ComfyUI would tell everybody', async () => {
    const mine = await openTab(tokens.creator, 'x')
    const stranger = await openTab(tokens.creator2, 'x')
    const promptId = await submit(tokens.creator)
    await emit('execution_start', { prompt_id: promptId })
    await emit('progress_state', { prompt_id: promptId, nodes: {} })
    await mine.waitFor('progress_state')
    expect(mine.has('execution_start')).toBe(false)
    await stranger.settle()
    expect(stranger.order).toEqual(['status'])
  })

  it('shows messages it does not know to administrators only', async () => {
    const admin = await openTab(tokens.admin)
    const creator = await openTab(tokens.creator)
    await emit('crystools.monitor', { cpu: 1 })
    await emit('execution_start', { prompt_id: 'of-nobody' })
    await admin.waitFor('execution_start')
    expect(admin.has('crystools.monitor')).toBe(true)
    await creator.settle()
    expect(creator.order).toEqual(['status'])
  })

  it('case 30: sends the log to an administrator who asked for it', async () => {
    const admin = await openTab(tokens.admin, 'log')
    const other = await openTab(tokens.admin, 'nolog')
    const creator = await openTab(tokens.creator, 'log')
    const body = JSON.stringify({ clientId: 'log', enabled: true })
    const path = '/internal/logs/subscribe'
    expect((await ask(fixture.port, path, { method: 'PATCH', headers: bearer(tokens.admin), body })).status).toBe(200)
    expect((await ask(fixture.port, path, { method: 'PATCH', headers: bearer(tokens.creator), body })).status).toBe(200)
    const asked = fixture.upstream.seen.filter(({ url }) => url === path)
    expect(asked).toHaveLength(1)
    expect(JSON.parse(asked[0]?.body.toString() ?? '')).toMatchObject({
      clientId: expect.stringMatching(/^gatehouse-/) as string,
      enabled: true,
    })
    await emit('logs', { entries: ['line'] })
    await admin.waitFor('logs')
    await Promise.all([other.settle(), creator.settle()])
    expect(other.has('logs') || creator.has('logs')).toBe(false)
  })

  it('goes on sending the log after its own socket was cut, but asks for it only while an administrator wants it', async () => {
    const path = '/internal/logs/subscribe'
    const asked = (): string[] =>
      fixture.upstream.seen.filter(({ url }) => url === path).map(({ body }) => String(body))
    const cut = async (): Promise<void> => {
      const socket = await collector()
      const before = fixture.upstream.sockets.length
      await until(() => fixture.upstream.received.length >= before, 'the gate has said what it takes')
      socket.terminate()
      await until(() => fixture.upstream.sockets.length > before, 'the gate is back')
      await until(() => fixture.upstream.received.length > before, 'the gate has said what it takes')
    }
    await cut()
    const admin = await openTab(tokens.admin, 'log')
    const body = JSON.stringify({ clientId: 'log', enabled: true })
    await ask(fixture.port, path, { method: 'PATCH', headers: bearer(tokens.admin), body })
    expect(asked()).toHaveLength(1)

    await cut()

    await until(() => asked().length === 2, 'the subscription is renewed')
    expect(JSON.parse(asked()[1] ?? '')).toEqual(JSON.parse(asked()[0] ?? ''))
    expect(fixture.upstream.seen.filter(({ url }) => url === path).at(-1)).toMatchObject({
      method: 'PATCH',
      headers: { 'x-gatehouse-secret': SECRET, 'x-gatehouse-user': accountIdOf('ada') },
    })
    await emit('logs', { entries: ['line'] })
    await admin.waitFor('logs')
  })

  it('counts only the own jobs, and tells nobody else that there are any', async () => {
    const mine = await openTab(tokens.creator, 'count')
    const other = await openTab(tokens.creator2, 'count')
    const promptId = await submit(tokens.creator, 'count')
    await mine.waitFor('status', (data) => data.sid === undefined && data.status.exec_info.queue_remaining === 1)
    const count = async (token: string): Promise<unknown> =>
      (await ask(fixture.port, '/prompt', { headers: bearer(token) })).json().exec_info.queue_remaining
    expect([await count(tokens.creator), await count(tokens.creator2)]).toEqual([1, 0])
    await emit('execution_start', { prompt_id: promptId })
    await emit('execution_success', { prompt_id: promptId })
    await emit('status', { status: { exec_info: { queue_remaining: 0 } } })
    await mine.waitFor('status', (data) => data.sid === undefined && data.status.exec_info.queue_remaining === 0)
    await other.settle()
    expect(other.order).toEqual(['status'])
  })

  it('case 43: tells of an error without folders of this computer, but for who looks after it', async () => {
    const seen: any[] = []
    for (const token of [tokens.creator, tokens.admin]) {
      const tab = await openTab(token, 'error')
      const promptId = await submit(token, 'error')
      const message = 'no such file: /home/anna/ComfyUI/x.png'
      await emit('execution_start', { prompt_id: promptId })
      await emit('execution_error', { prompt_id: promptId, exception_message: message, traceback: ['File "/home/a"'] })
      seen.push((await tab.waitFor('execution_error')).data)
    }
    expect(seen[0]).toMatchObject({ exception_message: 'no such file: …/x.png', traceback: [] })
    expect(seen[1]).toMatchObject({
      exception_message: expect.stringContaining('/home/anna'),
      traceback: [expect.stringContaining('/home')],
    })
  })

  it('hands a job over again that the engine has lost', async () => {
    fixture.upstream.on('GET /queue', (_request, response) => {
      response.end(JSON.stringify({ queue_running: [], queue_pending: [] }))
    })
    const sent = (): number => fixture.upstream.started.filter((line) => line === 'POST /prompt').length
    await submit(tokens.creator)
    await until(() => sent() === 1, 'the job is handed over')
    await emit('status', { status: { exec_info: { queue_remaining: 0 } } })
    await until(() => sent() === 2, 'it is handed over again')
  })

  it('answers the subprotocol that carries a key', async () => {
    const protocol = `gatehouse.bearer.${tokens.creator}`
    const tab = await TabClient.open(fixture.port, '/ws', { protocols: [protocol] })
    expect(tab.socket.protocol).toBe(protocol)
  })

  it('takes the key from the query on a WebSocket', async () => {
    const tab = await TabClient.open(fixture.port, `/ws?token=${tokens.creator}&clientId=q`)
    expect(tab.sid).toBe('q')
  })

  it('case 46: closes sockets within a second with 4401 when a key is revoked and 4403 when the role no longer allows them', async () => {
    const revoked = await openTab(tokens.creator)
    const demoted = await openTab(tokens.creator2)
    const stays = await openTab(tokens.admin)
    fixture.authenticator.set(tokens.creator2, keyPrincipal('cora', 'viewer'))
    fixture.authenticator.revoke(tokens.creator)
    expect(await revoked.closed(1000)).toBe(4401)
    expect(await demoted.closed(1000)).toBe(4403)
    await stays.settle()
    expect(stays.closeCode).toBeUndefined()
  })

  it('case 46: closes everything when credentials cannot be checked', async () => {
    const tab = await openTab(tokens.creator)
    fixture.authenticator.fault = new Error('the database is gone')
    fixture.authenticator.changed()
    expect(await tab.closed(1000)).toBe(4401)
  })

  it.each([
    ['no credential', {}, 401],
    ['a wrong key', bearer('wrong'), 401],
    ['a role without ComfyUI', bearer(tokens.viewer), 403],
    ['a foreign page', { ...cookie(tokens.creatorSession), origin: 'http://evil.example' }, 403],
    ['an opaque page', { ...cookie(tokens.creatorSession), origin: 'null' }, 403],
  ])('case 14: refuses the upgrade to %s as plain HTTP', async (_who, headers, status) => {
    await expect(TabClient.open(fixture.port, '/ws', { headers })).rejects.toMatchObject({ status })
  })

  it('refuses the upgrade with 503 while the engine is not ready, and ends tabs when it stops', async () => {
    const tab = await openTab(tokens.creator)
    fixture.engine.set(undefined)
    expect(await tab.closed()).toBe(1001)
    await expect(openTab(tokens.creator)).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
  })

  it('case 15: allows so many sockets to one person and answers 429 to the next', async () => {
    fixture.settings.set('limits.socketsPerUser', 2)
    const one = await openTab(tokens.creator)
    await openTab(tokens.creator)
    await expect(openTab(tokens.creator)).rejects.toMatchObject({ status: 429 })
    await openTab(tokens.creator2)
    one.socket.close()
    await one.closed()
    await until(() => fixture.gate.connections().find((entry) => entry.name === 'cleo' && entry.sockets === 1), 'count')
    await openTab(tokens.creator)
  })

  it('case 15: ends a socket that sends more than 4 MiB at once with 1009', async () => {
    const tab = await openTab(tokens.creator)
    tab.socket.send(Buffer.alloc(5 * 1024 * 1024))
    expect(await tab.closed()).toBe(1009)
  })

  it('goes on when the socket to the engine broke, under the same id', async () => {
    const tab = await openTab(tokens.creator, 'steady')
    const promptId = await submit(tokens.creator, 'steady')
    ;(await collector()).terminate()
    await until(() => fixture.upstream.sockets.length === 2, 'the gate opens its socket again')
    expect(fixture.upstream.socketUrls[1]).toBe(fixture.upstream.socketUrls[0])
    await emit('execution_success', { prompt_id: promptId })
    await tab.waitFor('execution_success')
  })

  it('case 29: gives nobody the previews of a job that began while the engine was not heard (somebody else’s picture)', async () => {
    const first = await openTab(tokens.creator, 'first')
    const second = await openTab(tokens.creator2, 'second')
    const firstId = await submit(tokens.creator, 'first')
    await emit('execution_start', { prompt_id: firstId })
    await first.waitFor('execution_start')
    const secondId = await submit(tokens.creator2, 'second')
    ;(await collector()).terminate()
    await until(() => fixture.upstream.sockets.length === 2, 'the gate opens its socket again')
    await emitBinary(plainPreview)
    await emit('executing', { prompt_id: secondId, node: '1' })
    await second.waitFor('executing')
    await emitBinary(plainPreview)
    await until(() => second.binaries[0], 'the preview of its own job')
    await first.settle()
    expect([first.binaries.length, second.binaries.length]).toEqual([0, 1])
  })

  it('says 1001 when the gate closes', async () => {
    const tab = await openTab(tokens.creator)
    await fixture.gate.close()
    expect(await tab.closed()).toBe(1001)
  })
})
