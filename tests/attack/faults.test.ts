import { afterEach, describe, expect, it } from 'vitest'
import { stages } from '../../proxy/pipeline/pipeline.ts'
import type { Stage } from '../../proxy/pipeline/pipeline.ts'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { TabClient } from '../support/tabClient.ts'

let fixture: GateFixture
afterEach(() => fixture.close())

const breaking = (name: string): readonly Stage[] =>
  stages.map((stage) =>
    stage.name === name
      ? {
          name: stage.name,
          run: () => {
            throw new TypeError('at /secret/path: cannot read properties of undefined')
          },
        }
      : stage,
  )

describe('a fault in the gate itself', () => {
  it.each(stages.map(({ name }) => name))('denies when the stage %s breaks, and says nothing of it', async (name) => {
    fixture = await openGateFixture({ stages: breaking(name) })
    const answer = await ask(fixture.port, '/embeddings', { headers: bearer(tokens.adminAll) })
    expect(answer.status).toBe(500)
    expect(answer.json().code).toBe('INTERNAL_ERROR')
    expect(answer.text).not.toContain('secret')
    await expect(TabClient.open(fixture.port, '/ws', { headers: bearer(tokens.admin) })).rejects.toMatchObject({
      status: 500,
    })
    expect(fixture.upstream.started).toEqual([])
    expect(fixture.events.map(({ type, code }) => [type, code])).toEqual([
      ['request.denied', 'INTERNAL_ERROR'],
      ['request.denied', 'INTERNAL_ERROR'],
    ])
  })

  it('denies when the accounts cannot be read', async () => {
    fixture = await openGateFixture()
    fixture.authenticator.fault = new Error('database is locked')
    const answer = await ask(fixture.port, '/embeddings', { headers: bearer(tokens.adminAll) })
    expect(answer.status).toBe(500)
    const cookieAnswer = await ask(fixture.port, '/login', { headers: { cookie: 'gatehouse_session=x' } })
    expect(cookieAnswer.status).toBe(500)
    expect(fixture.upstream.started).toEqual([])
    expect(fixture.ownSeen).toEqual([])
  })

  it('still refuses when the audit breaks', async () => {
    fixture = await openGateFixture()
    fixture.events.push = () => {
      throw new Error('disk full')
    }
    expect((await ask(fixture.port, '/embeddings')).status).toBe(401)
    await expect(TabClient.open(fixture.port, '/ws')).rejects.toMatchObject({ status: 401 })
    expect(fixture.upstream.started).toEqual([])
  })

  it('tells the audit of every refusal once, without query and key', async () => {
    fixture = await openGateFixture()
    await ask(fixture.port, '/view?filename=private.png', { headers: bearer('wrong-key') })
    await ask(fixture.port, '/embeddings', { headers: bearer(tokens.viewer) })
    expect(fixture.events).toMatchObject([
      { type: 'request.denied', code: 'AUTH_INVALID', path: '/view', principal: undefined, clientAddress: '127.0.0.1' },
      { type: 'request.denied', code: 'PERMISSION_DENIED', path: '/embeddings', principal: { name: 'vera' } },
    ])
    expect(JSON.stringify(fixture.events)).not.toMatch(/private\.png|wrong-key/)
  })
})
