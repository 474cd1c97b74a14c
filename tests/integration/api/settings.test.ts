import { describe, expect } from 'vitest'
import { api, makeKey, openOwner } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

describe('machine settings', () => {
  it.for([
    ['comfyui.python', '/tmp/evil'],
    ['comfyui.arguments', ['--listen', '0.0.0.0']],
    ['comfyui.directory', '\\\\attacker\\share'],
    ['comfyui.engine', 'comfyui'],
    ['comfyui.managerFromOtherDevices', true],
    ['window.startAtLogin', true],
  ] as const)(
    '%s cannot be changed over HTTP (one stolen key is not the computer)',
    async ([name, value], { stores, application }) => {
      const owner = await openOwner(stores)
      const key = await makeKey(stores, await stores.accounts.get(owner.accountId), ['administer'])
      const before = stores.settings.all()

      for (const credential of [owner, { key }]) {
        const answer = await application.ask('PATCH', `${api}/settings`, {
          ...credential,
          body: { 'limits.promptNodes': 5, [name]: value },
        })
        expect(answer).toMatchObject({ status: 403, json: { code: 'OWNER_ONLY' } })
      }
      expect(stores.settings.all()).toEqual(before)
    },
  )

  it('leave the others to be changed, all of them or none', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const good = await application.ask('PATCH', `${api}/settings`, { ...owner, body: { 'limits.promptNodes': 5 } })
    const bad = await application.ask('PATCH', `${api}/settings`, {
      ...owner,
      body: { 'limits.promptNodes': 6, 'sharing.port': 'x' },
    })

    expect(good.json['limits.promptNodes']).toBe(5)
    expect(bad.json.code).toBe('VALIDATION_FAILED')
    expect(stores.settings.get('limits.promptNodes')).toBe(5)
  })
})
