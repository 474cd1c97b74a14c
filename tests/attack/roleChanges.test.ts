import { describe, expect, vi } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { AccountChange } from '../../proxy/accounts/accountStore.ts'
import type { RoleChange } from '../../proxy/accounts/knownRole.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { managedWorkflowSchema } from '../../proxy/contract/workflows.ts'
import { addPerson, api, makeKey } from '../support/apiPeople.ts'
import { bearer } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { TabClient } from '../support/tabClient.ts'
import { wholeGateTest as it } from '../support/wholeGate.ts'
import type { WholeGate } from '../support/wholeGate.ts'

const graph = {
  1: { class_type: 'EmptyImage', inputs: { width: 64 } },
  2: { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'x' } },
}
const withinASecond = { timeout: 1000, interval: 20 }
const json = (headers: object) => ({ ...headers, 'content-type': 'application/json' })

/** Mia with a role of the owner's own, and with a key. */
async function addStudio({ stores }: WholeGate, copyOf = 'user') {
  // Nothing is handed over, so what is sent waits.
  await stores.settings.set('jobs.paused', { untilMs: null })
  await stores.roles.create({ title: 'Studio', meaning: '', copyOf }, commandLine)
  const mia = await stores.accounts.create({ name: 'Mia', role: 'studio' }, commandLine)
  return { mia, key: bearer(await makeKey(stores, mia, ['run', 'read'])) }
}

/** A workflow that the role Studio may run. */
async function publish({ stores, port }: WholeGate) {
  const ada = await addPerson(stores, 'Ada', 'administrator')
  const headers = json(bearer(await makeKey(stores, ada, ['administer'])))
  const grants = { public: false, roles: ['studio'], people: [] }
  const body = JSON.stringify({ name: 'Cats', prompt: graph, inputs: [], grants })
  const { id } = managedWorkflowSchema.parse(
    (await ask(port, `${api}/workflows`, { method: 'POST', headers, body })).json(),
  )
  return {
    id,
    grantTo: (roles: readonly string[]) => {
      const change = JSON.stringify({ grants: { public: false, roles, people: [] } })
      return ask(port, `${api}/workflows/${id}`, { method: 'PATCH', headers, body: change })
    },
  }
}

const run = ({ port }: WholeGate, id: string, headers: object) =>
  ask(port, `${api}/workflows/${id}/run`, { method: 'POST', headers: json(headers), body: '{"inputs":{}}' })

describe('an open socket of somebody whose rights end', () => {
  const changeRole = (change: RoleChange) => (stores: Stores) => stores.roles.change('studio', change, commandLine)
  const changeMia = (change: AccountChange) => (stores: Stores, id: string) =>
    stores.accounts.update(id, change, commandLine)

  it.for([
    ['her role loses ComfyUI’s page', changeRole({ permissions: ['workflows', 'jobs'] }), 4403, 'here'],
    ['her role loses ComfyUI’s page', changeRole({ permissions: ['workflows', 'jobs'] }), 4403, 'elsewhere'],
    ['she gets a role without it', changeMia({ role: 'viewer' }), 4403, 'here'],
    ['she gets a role without it', changeMia({ role: 'viewer' }), 4403, 'elsewhere'],
    ['she is disabled', changeMia({ disabled: true }), 4401, 'here'],
    ['she is disabled', changeMia({ disabled: true }), 4401, 'elsewhere'],
  ] as const)(
    'case 46: closes within a second when %s, and her next request is refused (%4$s)',
    async ([, change, code, where], { whole, openAgain }) => {
      const { mia, key } = await addStudio(whole)
      const tab = await TabClient.open(whole.port, '/ws?clientId=hers', { headers: key })
      const writing = where === 'here' ? whole.stores : await openAgain()

      await change(writing, mia.id)

      expect(await tab.closed(1000)).toBe(code)
      expect((await ask(whole.port, '/object_info', { headers: key })).status).toBe(code === 4401 ? 401 : 403)
    },
  )

  it('stays when the role gains, and what it gained is there at once', async ({ whole }) => {
    const { key } = await addStudio(whole)
    const tab = await TabClient.open(whole.port, '/ws?clientId=hers', { headers: key })
    const free = () => ask(whole.port, '/free', { method: 'POST', headers: json(key), body: '{}' })
    expect((await free()).status).toBe(403)

    const { permissions } = await whole.stores.roles.get('studio')
    await whole.stores.roles.change('studio', { permissions: [...permissions, 'memory'] }, commandLine)

    expect((await free()).status).toBe(200)
    expect(tab.closeCode).toBeUndefined()
  })
})

describe('jobs of somebody whose rights end', () => {
  it('wait no more within a second when the grant is withdrawn, and again when it comes back', async ({ whole }) => {
    const { key } = await addStudio(whole)
    const cats = await publish(whole)
    expect((await run(whole, cats.id, key)).status).toBe(201)
    const held = () => whole.queue.jobs.list().map(({ status }) => status.heldBecause)
    expect(held()).toEqual([null])

    expect((await cats.grantTo([])).status).toBe(200)
    await vi.waitFor(() => expect(held()).toEqual(['rights']), withinASecond)
    expect((await run(whole, cats.id, key)).status).toBe(404)

    await cats.grantTo(['studio'])
    await vi.waitFor(() => expect(held()).toEqual([null]), withinASecond)
  })

  it('of one workflow are left alone when another one is withdrawn', async ({ whole }) => {
    const { key } = await addStudio(whole, 'creator')
    const cats = await publish(whole)
    expect((await run(whole, cats.id, key)).status).toBe(201)
    const own = await ask(whole.port, '/prompt', {
      method: 'POST',
      headers: json(key),
      body: JSON.stringify({ prompt: graph }),
    })
    expect(own.status).toBe(200)

    await cats.grantTo([])

    const held = () => whole.queue.jobs.list().map(({ published, status }) => [published?.id, status.heldBecause])
    await vi.waitFor(() => expect(held()).toContainEqual([cats.id, 'rights']), withinASecond)
    expect(held()).toContainEqual([undefined, null])
  })

  it('of their own making wait no more when the role may not build any longer', async ({ whole }) => {
    const { key } = await addStudio(whole, 'creator')
    const body = JSON.stringify({ prompt: graph })
    expect((await ask(whole.port, '/prompt', { method: 'POST', headers: json(key), body })).status).toBe(200)

    await whole.stores.roles.change('studio', { permissions: ['canvas', 'workflows', 'jobs'] }, commandLine)

    const held = () => whole.queue.jobs.list().map(({ status }) => status.heldBecause)
    await vi.waitFor(() => expect(held()).toEqual(['rights']), withinASecond)
    expect((await ask(whole.port, '/prompt', { method: 'POST', headers: json(key), body })).status).toBe(400)
  })
})
