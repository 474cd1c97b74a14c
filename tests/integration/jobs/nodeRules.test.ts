import { describe, expect } from 'vitest'
import type { JsonValue } from '../../../proxy/comfyui/losslessJson.ts'
import { JobClasses } from '../../../proxy/jobs/jobClasses.ts'
import { createJobRights } from '../../../service/jobRights.ts'
import { addPerson, api, openOwner } from '../../support/apiPeople.ts'
import { openJobQueueFixture } from '../../support/jobQueueFixture.ts'
import { makeNode } from '../../support/nodesFixture.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import { until } from '../../support/tabClient.ts'

const orderOf = (accountId: string, ...classes: string[]) => ({
  accountId,
  role: 'creator' as const,
  wantedId: undefined,
  clientId: undefined,
  nodes: new Map<string, JsonValue>(
    classes.map((name, at) => [
      String(at),
      new Map<string, JsonValue>([
        ['class_type', name],
        ['inputs', new Map()],
      ]),
    ]),
  ),
  extraData: new Map(),
  targets: undefined,
  place: { front: false, number: undefined },
  outputs: '[]',
})

const noGrants = { isGranted: () => Promise.resolve(true) }

describe('jobs and the rules for nodes', () => {
  it('rules changed while the job waits: it is held, others go on, and it comes back by itself', async ({
    stores,
    application,
    clock,
    logger,
  }) => {
    const owner = await openOwner(stores)
    const mia = await addPerson(stores, 'Mia')
    const { nodes, facts } = application
    facts.boot = '1'.repeat(32)
    nodes.followEngine()
    await nodes.list((await stores.roles.get('creator')).nodes, false)
    const queue = await openJobQueueFixture({
      clock,
      logger,
      settings: stores.settings,
      rights: createJobRights(stores, noGrants, clock, {
        mayRun: async (accountId, job) => nodes.mayRun(accountId, await new JobClasses(queue.store).of(job)),
        onChange: (listener) => nodes.onChange(listener),
      }),
    })
    try {
      const held = () => queue.jobs.list(mia.id).map(({ status }) => status.heldBecause)
      await queue.jobs.accept(orderOf(mia.id, 'KSampler', 'SaveImage'))
      await queue.jobs.accept(orderOf(mia.id, 'SaveImage'))
      await queue.jobs.accept({ ...orderOf(mia.id, 'KSampler'), published: { id: 'workflow00000001', version: 1 } })
      const change = (what: string, body: object) => application.ask('POST', `${api}/nodes/${what}`, { ...owner, body })
      expect((await change('forbid', { role: 'creator', nodes: ['KSampler'] })).status).toBe(204)
      await until(() => held()[0] === 'rights', 'the job is held')
      expect(held()).toEqual(['rights', null, null])
      const { name, packPath, sourceHash } = makeNode('KSampler')
      expect((await change('allow', { role: 'creator', nodes: [{ name, packPath, sourceHash }] })).status).toBe(204)
      await until(() => held()[0] === null, 'the job waits again')
      facts.boot = undefined
      nodes.followEngine()
      expect(await nodes.mayRun(mia.id, ['Anything'])).toBe(true)
    } finally {
      await queue.close()
    }
  })
})
