import { describe, expect } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { ActedBy } from '../../proxy/accounts/actedBy.ts'
import { permissions } from '../../proxy/contract/permissions.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { preparePublication } from '../../proxy/workflows/publication.ts'
import { nodeKeyOf } from '../../proxy/workflows/publishedGraph.ts'
import { openWorkflows } from '../../service/openWorkflows.ts'
import { addPerson, makeKey } from '../support/apiPeople.ts'
import { bearer } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { parseGraph, pictureGraph } from '../support/publishedWorkflow.ts'
import { wholeGateTest as it } from '../support/wholeGate.ts'
import type { WholeGate } from '../support/wholeGate.ts'

const publicationOf = (graph: string) =>
  preparePublication({ nodes: parseGraph(graph), canvas: undefined }, undefined, [])

const workflow = (name: string) => ({
  name,
  description: '',
  grants: { public: true, roles: [], people: [] },
  publication: publicationOf(pictureGraph),
})

const versionOf = (seed: number) => publicationOf(pictureGraph.replace('"seed":5', `"seed":${seed}`))

const openStore = ({ stores }: WholeGate) => openWorkflows(stores, { clock: systemClock, random: systemRandom }).store

describe('prompts of people who only run what was published', () => {
  it('are refused by size before they are read (a graph that is compared with many versions)', async ({ whole }) => {
    const store = openStore(whole)
    await store.publish(workflow('Cats'), commandLine)
    const mia = await addPerson(whole.stores, 'Mia', 'user')
    const headers = { ...bearer(await makeKey(whole.stores, mia, ['run'])), 'content-type': 'application/json' }
    const added = Array.from({ length: 190_000 }, (_, at) => `"_${at.toString(36)}":0`).join()
    const body = `{"prompt":${pictureGraph.replace('"seed":5', `"seed":5,${added}`)}}`
    const answer = await ask(whole.port, '/prompt', { method: 'POST', headers, body })
    expect(answer.status).toBe(413)
    const small = await ask(whole.port, '/prompt', { method: 'POST', headers, body: `{"prompt":${pictureGraph}}` })
    expect(small.status).toBe(200)
  })

  it('are compared with all that count now and few older versions', async ({ whole }) => {
    const store = openStore(whole)
    const { id } = await store.publish(workflow('Cats'), commandLine)
    const other = await store.publish(workflow('Dogs'), commandLine)
    for (let seed = 6; seed < 36; seed += 1) await store.publishAnew(id, versionOf(seed), commandLine)
    const found = await store.findByNodes(nodeKeyOf(parseGraph(pictureGraph)), new Set([id, other.id]))
    expect(found.map(({ name, version, isCurrent }) => [name, version, isCurrent])).toEqual([
      ['Cats', 31, true],
      ['Dogs', 1, true],
      ...[30, 29, 28, 27].map((version) => ['Cats', version, false]),
    ])
    expect(await store.findByNodes(nodeKeyOf(parseGraph(pictureGraph)), new Set())).toEqual([])
  })
})

describe('publishing (outliving a revocation)', () => {
  it('changes nothing once the key that asked for it has ended', async ({ whole }) => {
    const { stores } = whole
    const store = openStore(whole)
    const { id } = await store.publish(workflow('Cats'), commandLine)
    const ada = await addPerson(stores, 'Ada', 'administrator')
    const mia = await addPerson(stores, 'Mia', 'user')
    const key = { accountId: ada.id, name: 'x', scopes: ['administer' as const], expiresAtMs: null }
    const { record } = await stores.keys.create(key, commandLine)
    const by: ActedBy = {
      actor: { kind: 'account', id: ada.id, name: 'Ada' },
      authority: {
        accountId: ada.id,
        role: 'administrator',
        permissions: new Set(permissions),
        credential: { kind: 'apiKey', keyId: record.id, scopes: ['administer'], workflowId: undefined },
      },
    }
    await store.change(id, { description: 'before' }, by)
    await stores.keys.revoke(record.id, commandLine)
    const attempts = [
      () => store.publish(workflow('Dogs'), by),
      () => store.publishAnew(id, versionOf(7), by),
      () => store.change(id, { description: 'after' }, by),
      () => store.setPicture(id, { bytes: Buffer.from('x'), type: 'image/webp' }, by),
      () => store.remove(id, by),
      () => stores.accounts.update(mia.id, { role: 'administrator' }, by),
      () => stores.accounts.remove(mia.id, by),
    ]
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'AUTH_INVALID' })
    expect(await store.list()).toMatchObject([{ id, version: 1, description: 'before', hasPicture: false }])
    expect(await stores.accounts.get(mia.id)).toMatchObject({ role: 'user' })
  })
})
