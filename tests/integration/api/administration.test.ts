import { describe, expect } from 'vitest'
import { addPerson, api, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

const administration = [
  ['GET', '/users', undefined],
  ['POST', '/users', { name: 'Eve', role: 'administrator', password: 'a river of seven lamps' }],
  ['GET', '/settings', undefined],
  ['PATCH', '/settings', { 'sharing.on': true }],
  ['GET', '/sharing', undefined],
  ['PUT', '/sharing', { on: true }],
  ['PUT', '/sharing/network', { network: 'router:02:00:5e:10:00:01', share: true }],
  ['PUT', '/sharing/address', {}],
  ['GET', '/comfyui', undefined],
  ['GET', '/comfyui/log', undefined],
  ['POST', '/comfyui/start', {}],
  ['POST', '/comfyui/stop', {}],
  ['GET', '/connections', undefined],
] as const

describe('administration', () => {
  it.for(administration)('%s %s needs a credential', async ([method, path, body], { stores, application }) => {
    const answer = await application.ask(method, `${api}${path}`, { body })

    expect(answer).toMatchObject({ status: 401, json: { code: 'AUTH_REQUIRED' } })
    expect(application.parts.calls).toEqual([])
    expect(await stores.accounts.list()).toEqual([])
  })

  it.for(administration)(
    "%s %s is refused to an administrator's session on the public listener (session riding)",
    async ([method, path, body], { stores, application }) => {
      await addPerson(stores, 'Anna', 'administrator')
      const session = await signIn(stores, 'Anna')

      const answer = await application.ask(method, `${api}${path}`, { session, body })

      expect(answer).toMatchObject({ status: 403, json: { code: 'PERMISSION_DENIED' } })
      expect(answer.json.detail).toBe('Open Gatehouse on this computer to do that.')
      expect(application.parts.calls).toEqual([])
      expect(await stores.accounts.list()).toHaveLength(1)
    },
  )

  it.for(administration)(
    "%s %s is refused to the canvas session of the owner's own window",
    async ([method, path, body], { stores, application }) => {
      await openOwner(stores)
      const { token } = await stores.ownerSessions.openCanvasSession()

      const answer = await application.ask(method, `${api}${path}`, { session: token, body, address: '127.0.0.1' })

      expect(answer.status).toBe(403)
      expect(application.parts.calls).toEqual([])
    },
  )

  it.for(administration)(
    '%s %s is refused to a key without the scope, and to others with it',
    async ([method, path, body], { stores, application }) => {
      const anna = await addPerson(stores, 'Anna', 'administrator')
      const mia = await addPerson(stores, 'Mia')
      const keys = [await makeKey(stores, anna, ['run', 'read', 'keys']), await makeKey(stores, mia, ['administer'])]

      for (const key of keys) {
        expect((await application.ask(method, `${api}${path}`, { key, body })).status).toBe(403)
      }
      expect(application.parts.calls).toEqual([])
      expect(await stores.accounts.list()).toHaveLength(2)
    },
  )

  it.for(administration)(
    "%s %s is open to the owner's window and to an administrator's key",
    async ([method, path, body], { stores, application }) => {
      const owner = await openOwner(stores)
      const key = await makeKey(stores, await stores.accounts.get(owner.accountId), ['administer'])

      const byWindow = await application.ask(method, `${api}${path}`, { ...owner, body })
      const byKey = await application.ask(method, `${api}${path}`, { key, body })

      expect(byWindow.status).toBeLessThan(300)
      // The same person cannot be added twice: the key came as far as that.
      expect(path === '/users' && method === 'POST' ? byKey.status === 409 : byKey.status < 300).toBe(true)
    },
  )
})
