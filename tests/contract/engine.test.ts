import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { EngineClient } from '../support/engineClient.ts'
import { startEngineUnderTest, type EngineUnderTest } from '../support/engineUnderTest.ts'
import { describeEngineContract } from './engineContract.ts'

let engine: EngineUnderTest

beforeAll(async () => {
  engine = await startEngineUnderTest()
})

afterAll(async () => {
  await engine.close()
})

describeEngineContract('engine', () => engine)

describe('secret of the start', () => {
  const NONCE = '0123456789abcdef0123456789abcdef'
  const HEALTH = '/gatehouse/companion/health'
  const stranger = (headers: Record<string, string> = {}) => new EngineClient({ ...engine, headers })

  it('health is answered without the secret and proves it', async ({ skip }) => {
    skip(engine.secret === undefined, 'no companion')
    const answer = await stranger().get(`${HEALTH}?nonce=${NONCE}`)
    expect(answer.status).toBe(200)
    const health = answer.json()
    expect(health).toMatchObject({
      ok: true,
      engine: engine.kind,
      version: '0.3.64',
      workerAlive: true,
      patches: expect.any(Object),
    })
    expect(health.bootId).toMatch(/^[0-9a-f]{32}$/)
    const proof = createHmac('sha256', engine.secret ?? '')
      .update(`health\n${NONCE}\n${health.bootId}`)
      .digest('hex')
    expect(health.proof).toBe(proof)
    expect(answer.text).not.toContain(engine.secret)
  })

  it.each(['', '?nonce=', '?nonce=short', `?nonce=${NONCE.toUpperCase()}`, `?nonce=${NONCE}0`])(
    'health%s is 403',
    async (query) => {
      if (engine.secret === undefined) return
      expect((await stranger().get(`${HEALTH}${query}`)).status).toBe(403)
    },
  )

  it.each([
    '/',
    '/queue',
    '/api/queue',
    '/ws',
    '/no/such/route',
    '/internal/logs',
    '/assets/x.js',
    `/api${HEALTH}?nonce=${NONCE}`,
  ])('case 41: GET %s without the secret is 403', async (path) => {
    if (engine.secret === undefined) return
    const wrong = { 'x-gatehouse-secret': 'f'.repeat(64) }
    expect((await stranger().get(path)).status).toBe(403)
    expect((await stranger(wrong).get(path)).status).toBe(403)
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])('%s /prompt without the secret is 403', async (method) => {
    if (engine.secret === undefined) return
    expect((await stranger().send(method, '/prompt')).status).toBe(403)
  })

  it('case 41: a WebSocket without the secret is refused with 403', async ({ skip }) => {
    skip(engine.secret === undefined, 'no companion')
    const status = await new Promise((resolve) => {
      const socket = new WebSocket(`${engine.webSocketUrl}/ws`)
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.on('open', () => resolve('open'))
      socket.on('error', () => undefined)
    })
    expect(status).toBe(403)
  })
})
