import { describe, expect } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'

const api = '/gatehouse/api/v1'

const hostile = [
  ['steers the terminal that lists it', 'Krita\u001b[2J\u001b[1;1Hroot'],
  ['steers it by a C1 control', 'Krita\u009b31m'],
  ['turns the text around it', 'Krita \u202eyad eno seripxe'],
  ['hides a second line', 'Krita\nEvery key is fine.'],
  ['hides a second line by a line separator', 'Krita\u2028Every key is fine.'],
  ['looks like another one by a zero width', 'Kri\u200bta'],
  ['looks like another one by a blank letter', 'Krita\u3164'],
  ['looks like nothing', '\u2800'],
  ['is no text', 'Krita\ud800'],
] as const

async function openKey(stores: Stores) {
  const anna = await stores.accounts.create({ name: 'Anna', role: 'administrator' }, commandLine)
  const scopes = ['keys', 'administer'] as const
  return (await stores.keys.create({ accountId: anna.id, name: 'own', scopes, expiresAtMs: null }, commandLine)).text
}

describe('a name made to deceive whoever reads it in the window or a terminal', () => {
  it.for(hostile)('is refused for a key when it %s', async ([, name], { stores, application }) => {
    const key = await openKey(stores)

    const answer = await application.ask('POST', `${api}/keys`, { key, body: { name, scopes: ['keys'] } })

    expect([answer.status, answer.json.code]).toEqual([422, 'VALIDATION_FAILED'])
    expect(await stores.keys.list()).toHaveLength(1)
  })

  it.for(hostile)('is refused for a person when it %s', async ([, name], { stores, application }) => {
    const key = await openKey(stores)

    const made = await application.ask('POST', `${api}/users`, { key, body: { name, role: 'guest' } })
    const renamed = await application.ask('PATCH', `${api}/users/${(await stores.accounts.getByName('Anna')).id}`, {
      key,
      body: { name },
    })

    expect([made.status, renamed.status]).toEqual([422, 422])
    expect((await stores.accounts.list()).map((account) => account.name)).toEqual(['Anna'])
  })

  it('is no reason to refuse people’s own names', async ({ stores, application }) => {
    const key = await openKey(stores)
    for (const name of ['Zoë Müller', '美咲', 'ليلى', 'O’Brien-Ng 🎨']) {
      const answer = await application.ask('POST', `${api}/users`, { key, body: { name, role: 'guest' } })
      expect([name, answer.status]).toEqual([name, 201])
    }
  })
})

describe('a list made to fill the log', () => {
  it('of scopes is refused beyond the scopes there are', async ({ stores, application }) => {
    const key = await openKey(stores)
    const scopes = new Array<string>(20_000).fill('keys')

    const answer = await application.ask('POST', `${api}/keys`, { key, body: { name: 'x', scopes } })

    expect(answer.status).toBe(422)
  })
})
