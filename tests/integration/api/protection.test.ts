import { describe, expect } from 'vitest'
import type { ProtectionReport } from '../../../proxy/contract/protection.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

const tried = { id: 'one', title: 'One', holes: ['A1'], on: 'standIn' as const, seen: 'refused' }
const report: ProtectionReport = {
  startedAt: '2026-01-01T00:00:00.000Z',
  tookMs: 1_200,
  version: '1',
  cases: [
    { ...tried, outcome: 'held' },
    { ...tried, id: 'two', outcome: 'held' },
    { ...tried, id: 'three', outcome: 'notRun' },
  ],
}

describe('the check of the protection over the API', () => {
  it('is begun by an administrator, and its outcome is in the log under their name', async ({
    application,
    stores,
  }) => {
    const owner = await openOwner(stores)
    expect(await application.ask('GET', `${api}/protection`, owner)).toMatchObject({
      status: 200,
      json: { running: null, report: null, problem: null },
    })
    const begun = await application.ask('POST', `${api}/protection`, { ...owner, body: { running: false } })
    expect(begun.status).toBe(202)
    expect(application.parts.calls).toEqual(['protection false'])

    application.parts.endProtection?.(report)
    await stores.audit.flush()
    const { json } = await application.ask('GET', `${api}/audit?event=protection.checked`, owner)
    expect(json.items).toEqual([
      expect.objectContaining({
        actor: expect.objectContaining({ name: 'Anna' }),
        details: expect.objectContaining({ held: 2, broken: 0, notRun: 1, tookMs: 1_200 }),
      }),
    ])
  })

  it('asks the gate that people use unless it is told not to', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    await application.ask('POST', `${api}/protection`, { ...owner, body: {} })
    expect(application.parts.calls).toEqual(['protection true'])
    const wrong = await application.ask('POST', `${api}/protection`, { ...owner, body: { running: 'yes' } })
    expect(wrong.status).toBe(422)
    expect(application.parts.calls).toHaveLength(1)
  })

  it('is nothing for anybody else (attacks that a stranger sets off)', async ({ application, stores }) => {
    const mia = await addPerson(stores, 'Mia', 'creator')
    const session = await signIn(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run', 'read'])
    for (const options of [{}, { session }, { key }]) {
      expect([401, 403]).toContain((await application.ask('GET', `${api}/protection`, options)).status)
      const begun = await application.ask('POST', `${api}/protection`, { ...options, body: {} })
      expect([401, 403]).toContain(begun.status)
    }
    expect(application.parts.calls).toEqual([])
  })
})
