import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import { accountIdOf, bearer, openGateFixture, tokens } from '../../support/gateFixture.ts'
import type { GateFixture } from '../../support/gateFixture.ts'
import { ask } from '../../support/httpClient.ts'
import type { HttpAnswer } from '../../support/httpClient.ts'
import { until } from '../../support/tabClient.ts'

let fixture: GateFixture
beforeEach(async () => {
  fixture = await openGateFixture()
})
afterEach(() => fixture.close())

const CLEO = accountIdOf('cleo')
const UMA = accountIdOf('uma')
const cleosFolders = {
  inputDirectory: '/data/users/cleo/input',
  outputDirectory: '/pictures/cleo-cleo',
  tempDirectory: '/data/users/cleo/temp',
  userdataDirectory: '/data/users/cleo/userdata',
}
const get = (path: string, token: string = tokens.creator): Promise<HttpAnswer> =>
  ask(fixture.port, path, { headers: bearer(token) })
const usersOfRequests = (): unknown[] => fixture.upstream.seen.map(({ headers }) => headers['x-gatehouse-user'])

/** Answers as an engine that has forgotten everybody, until it is told again. */
function forgetEverybody(path: string): { asked: () => number } {
  let asked = 0
  fixture.upstream.introduced.clear()
  fixture.upstream.on(path, (request, response) => {
    asked += 1
    const user = String(request.headers['x-gatehouse-user'])
    const isKnown = fixture.upstream.introduced.has(user)
    response.setHeader('content-type', 'application/json; charset=utf-8')
    if (isKnown) response.end('{"fine":true}')
    else response.writeHead(409).end('{"error": "unknown_user"}')
  })
  return { asked: () => asked }
}

describe('who the engine knows', () => {
  it('is told before the first request of a person, once', async () => {
    fixture.folders.sets.set(CLEO, cleosFolders)
    await Promise.all([get('/settings'), get('/embeddings'), get('/object_info')])
    await get('/settings')
    expect([...fixture.upstream.introduced]).toEqual([[CLEO, JSON.stringify(cleosFolders)]])
    expect(fixture.folders.cleared).toEqual([CLEO])
    expect(new Set(usersOfRequests())).toEqual(new Set([CLEO]))
  })

  it('case 9, 10: is the one who asks, whatever the request says', async () => {
    const headers = {
      ...bearer(tokens.creator),
      'X-Gatehouse-User': UMA,
      'x-gatehouse-secret': 'b'.repeat(64),
      X_Gatehouse_User: UMA,
      'comfy-user': 'uma',
    }
    expect((await ask(fixture.port, '/settings', { headers })).status).toBe(200)
    const [seen] = fixture.upstream.seen
    const names = seen?.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()) ?? []
    expect(names.filter((name) => name === 'x-gatehouse-user' || name === 'comfy-user')).toEqual(['x-gatehouse-user'])
    expect(usersOfRequests()).toEqual([CLEO])
    expect(names).not.toContain('x_gatehouse_user')
  })

  it('is told again after the engine started anew', async () => {
    await get('/settings')
    fixture.upstream.introduced.clear()
    fixture.engine.set({ port: fixture.upstream.port, secret: 'a'.repeat(64), bootId: '3'.repeat(32) })
    await get('/settings')
    expect([...fixture.upstream.introduced.keys()]).toEqual([CLEO])
  })

  it('keeps temporary files when only the connection to the engine is another', async () => {
    fixture.folders.sets.set(CLEO, cleosFolders)
    await get('/settings')
    const connection = { port: fixture.upstream.port, secret: 'a'.repeat(64), bootId: '1'.repeat(32) }
    fixture.engine.set(undefined)
    fixture.engine.set(connection)
    fixture.upstream.introduced.clear()
    await get('/settings')
    expect([[...fixture.upstream.introduced.keys()], fixture.folders.cleared]).toEqual([[CLEO], [CLEO]])
    fixture.engine.set({ ...connection, bootId: '4'.repeat(32) })
    await get('/settings')
    expect(fixture.folders.cleared).toEqual([CLEO, CLEO])
  })

  it('is told again when the engine forgot, and the request is repeated once', async () => {
    await get('/settings')
    const engine = forgetEverybody('/settings')
    const answer = await get('/settings')
    expect([answer.status, answer.json(), engine.asked()]).toEqual([200, { fine: true }, 2])
    // What is in the folders belongs to a job that may run just now.
    expect(fixture.folders.cleared).toEqual([])
  })

  it('is no loop when the engine does not learn', async () => {
    let asked = 0
    fixture.upstream.on('/settings', (_request, response) => {
      asked += 1
      response.writeHead(409, { 'content-type': 'application/json' }).end('{"error":"unknown_user"}')
    })
    const answer = await get('/settings')
    expect([answer.status, asked]).toEqual([503, 2])
  })

  it('decides nothing about other conflicts: they reach the person as they are', async () => {
    fixture.upstream.on('/userdata/a', (_request, response) => {
      response.writeHead(409, { 'content-type': 'application/json' }).end('{"error":"file exists"}')
    })
    const answer = await get('/userdata/a')
    expect([answer.status, answer.text]).toEqual([409, '{"error":"file exists"}'])
    fixture.upstream.on('/userdata/b', (_request, response) => {
      response.writeHead(409, { 'content-type': 'text/plain' }).end('File already exists')
    })
    expect((await get('/userdata/b')).text).toBe('File already exists')
  })

  it('an upload is not sent a second time in pieces, but asked for again', async () => {
    await get('/settings')
    const engine = forgetEverybody('POST /userdata/a')
    const headers = bearer(tokens.creator)
    const answer = await ask(fixture.port, '/userdata/a', { method: 'POST', headers, body: 'content' })
    expect([answer.status, answer.headers['retry-after'], engine.asked()]).toEqual([503, '2', 1])
    const again = await ask(fixture.port, '/userdata/a', { method: 'POST', headers, body: 'content' })
    expect(again.status).toBe(200)
  })

  it('nothing is sent for somebody whose folders cannot be used', async () => {
    fixture.folders.fault = new GateError('FOLDER_REFUSED', 'Your folder cannot be used.')
    const answer = await get('/settings')
    expect([answer.status, answer.json().code]).toEqual([503, 'FOLDER_REFUSED'])
    expect([fixture.upstream.started, [...fixture.upstream.introduced]]).toEqual([[], []])
  })

  it('no job is taken when the folders are gone since', async () => {
    fixture.upstream.on('POST /gatehouse/companion/validate', (_request, response) =>
      response.end('{"node_errors":{}}'),
    )
    const body = JSON.stringify({ prompt: { 1: { class_type: 'A', inputs: {} } } })
    const send = (): Promise<HttpAnswer> =>
      ask(fixture.port, '/prompt', { method: 'POST', headers: bearer(tokens.creator), body })
    expect((await send()).status).toBe(200)
    await until(() => fixture.upstream.started.includes('POST /prompt'), 'the first job is handed over')
    fixture.folders.fault = new GateError('FOLDER_REFUSED', 'Your folder cannot be used.')
    fixture.upstream.started.length = 0
    const answer = await send()
    expect([answer.status, answer.json().error.message]).toEqual([503, 'Your folder cannot be used'])
    expect(fixture.upstream.started.filter((line) => line.startsWith('POST'))).toEqual([])
  })

  it('nothing is sent for somebody whom the engine refuses', async () => {
    fixture.upstream.on('PUT users', () => undefined)
    fixture.upstream.on(`PUT /gatehouse/companion/users/${CLEO}`, (_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"folder_refused"}')
    })
    const answer = await get('/settings')
    expect(answer.status).toBe(503)
    expect(answer.text).not.toContain('folder_refused')
    expect(fixture.upstream.started).toEqual([`PUT /gatehouse/companion/users/${CLEO}`])
  })

  it('the gate’s own socket is nobody’s', async () => {
    await get('/settings')
    expect(fixture.upstream.socketUrls.length).toBeGreaterThan(0)
    expect(fixture.upstream.socketUsers).toEqual(fixture.upstream.socketUrls.map(() => undefined))
  })
})

describe('who was let go', () => {
  const deletions = (): string[] => fixture.upstream.started.filter((line) => line.startsWith('DELETE'))

  it('is forgotten by the engine, and others are not', async () => {
    fixture.folders.sets.set(CLEO, cleosFolders)
    await get('/settings')
    await get('/settings', tokens.creator2)
    fixture.folders.gone.push(CLEO)
    fixture.authenticator.revoke(tokens.creator)
    await until(() => deletions().length > 0, 'the engine is told')
    expect(deletions()).toEqual([`DELETE /gatehouse/companion/users/${CLEO}`])
    const [told] = fixture.upstream.seen.filter(({ method }) => method === 'DELETE')
    expect(told?.headers).toMatchObject({ 'x-gatehouse-secret': 'a'.repeat(64) })
  })

  it('is told of anew when let in again', async () => {
    fixture.folders.sets.set(CLEO, cleosFolders)
    await get('/settings')
    fixture.folders.gone.push(CLEO)
    fixture.authenticator.changed()
    await until(() => deletions().length > 0, 'the engine is told')
    fixture.folders.gone.length = 0
    fixture.upstream.introduced.clear()
    expect((await get('/settings')).status).toBe(200)
    expect([...fixture.upstream.introduced.keys()]).toEqual([CLEO])
  })

  it('is nobody whom the engine was never told of', async () => {
    fixture.folders.gone.push(CLEO)
    fixture.authenticator.changed()
    await get('/settings', tokens.creator2)
    expect(deletions()).toEqual([])
  })
})

describe('who has another folder', () => {
  it('is told to the engine at once, before any request', async () => {
    fixture.folders.sets.set(CLEO, cleosFolders)
    await get('/settings')
    const moved = { ...cleosFolders, outputDirectory: '/drive/cleo' }
    fixture.folders.move(CLEO, moved)
    await until(() => fixture.upstream.introduced.get(CLEO) === JSON.stringify(moved), 'the engine is told')
    await get('/settings')
    expect(fixture.folders.cleared).toEqual([CLEO])
  })
})
