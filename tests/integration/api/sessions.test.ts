import { describe, expect } from 'vitest'
import { addPerson, api, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

describe('sessions', () => {
  it('are listed and ended by their person, and others by the owner', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    const phone = await signIn(stores, 'Mia')
    const desk = await signIn(stores, 'Mia')
    const devices = (await application.ask('GET', `${api}/sessions`, { session: desk })).json.items
    const phoneId = devices.find((device: { current: boolean }) => !device.current).id

    expect((await application.ask('DELETE', `${api}/sessions/${phoneId as string}`, { session: desk })).status).toBe(
      204,
    )
    expect((await application.ask('GET', `${api}/session`, { session: phone })).status).toBe(401)
    expect((await application.ask('DELETE', `${api}/sessions?userId=${mia.id}`, owner)).status).toBe(204)
    expect((await application.ask('GET', `${api}/session`, { session: desk })).status).toBe(401)
  })

  it("of somebody else, and the owner's window, are not found", async ({ stores, application }) => {
    await openOwner(stores)
    await addPerson(stores, 'Mia')
    await addPerson(stores, 'Leo')
    const session = await signIn(stores, 'Mia')
    await signIn(stores, 'Leo')
    const all = await stores.sessions.list()
    const foreign = all.filter((entry) => entry.device === 'This computer' || entry.id !== all[1]?.id)

    for (const { id, accountId } of foreign) {
      if (accountId === (await stores.accounts.getByName('Mia')).id) continue
      expect((await application.ask('DELETE', `${api}/sessions/${id}`, { session })).status).toBe(404)
    }
    expect(await stores.sessions.list()).toHaveLength(3)
  })
})
