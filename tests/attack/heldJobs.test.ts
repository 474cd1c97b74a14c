import { describe, expect } from 'vitest'
import type { JsonValue } from '../../proxy/comfyui/losslessJson.ts'
import { holdReasons } from '../../proxy/contract/jobs.ts'
import { addPerson, api, makeKey } from '../support/apiPeople.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'

/* Somebody tries to get a job going that waits for a reason of the gate's or the owner's. */

describe('a job that is not its person’s to release', () => {
  it('does not become one by being put on hold again', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const key = await makeKey(stores, mia, ['run', 'read'])
    const { jobs } = application.queue
    const node = new Map<string, JsonValue>([
      ['class_type', 'A'],
      ['inputs', new Map()],
    ])
    const { id } = await jobs.accept({
      ...{ accountId: mia.id, role: 'creator', nodes: new Map([['1', node]]), extraData: new Map(), outputs: '[]' },
      ...{ wantedId: undefined, clientId: undefined, targets: undefined, place: { front: false, number: undefined } },
    })
    const change = async (body: object) => application.ask('PATCH', `${api}/jobs/${id}`, { key, body })
    for (const reason of holdReasons.filter((one) => one !== 'person' && one !== 'suspect')) {
      const job = jobs.find(id)!
      job.status = { ...job.status, state: 'held', heldBecause: reason }
      const answers = [await change({ held: true }), await change({ held: false })]
      expect([reason, ...answers.map(({ status }) => status)]).toEqual([reason, 404, 403])
      expect(job.status).toMatchObject({ state: 'held', heldBecause: reason })
    }
  })
})
