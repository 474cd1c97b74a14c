import { describe, expect } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { defaultJobLimits } from '../../proxy/contract/jobs.ts'
import { managedWorkflowSchema } from '../../proxy/contract/workflows.ts'
import { addPerson, api, makeKey } from '../support/apiPeople.ts'
import { bearer, customRole } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { wholeGateTest } from '../support/wholeGate.ts'
import type { WholeGate } from '../support/wholeGate.ts'
import { decideWorkflow, workflowCases, workflowColumns, workflowRequests } from '../support/workflowMatrix.ts'
import type { WorkflowCase, WorkflowColumn, WorkflowRequest } from '../support/workflowMatrix.ts'

const graphOf = (width: number, prefix: string) => ({
  [`${prefix}1`]: { class_type: 'EmptyImage', inputs: { width } },
  [`${prefix}2`]: { class_type: 'SaveImage', inputs: { images: [`${prefix}1`, 0], filename_prefix: 'x' } },
})

/** Somebody who publishes, and somebody who asks. */
async function openWorld({ stores, port }: WholeGate, column: WorkflowColumn) {
  const ada = await addPerson(stores, 'Ada', 'administrator')
  const publisher = bearer(await makeKey(stores, ada, ['administer', 'run', 'read']))
  const whole = Object.fromEntries(
    Object.entries(defaultJobLimits).map(([role, limits]) => [role, { ...limits, queued: 500, jobsPerDay: null }]),
  )
  await stores.settings.set('jobs.limits', { ...defaultJobLimits, ...whole })
  const { title, permissions } = customRole
  const studio = await stores.roles.create({ title, meaning: '', copyOf: 'user' }, commandLine)
  await stores.roles.change(studio.id, { permissions }, commandLine)
  expect(studio.id).toBe(customRole.id)
  const roleId = typeof column.role === 'object' ? column.role.id : (column.role ?? 'user')
  const mia = await stores.accounts.create({ name: 'Mia', role: roleId }, commandLine)
  const send = async (method: string, path: string, body?: object) => {
    const headers = body === undefined ? publisher : { ...publisher, 'content-type': 'application/json' }
    const answer = await ask(port, `${api}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    expect([method, path, answer.status < 300 ? 'done' : answer.text]).toEqual([method, path, 'done'])
    return answer
  }
  const publish = async (name: string, standing: WorkflowCase, prefix: string) => {
    const grants = standing.grants?.(mia.id, roleId) ?? { public: true, roles: [], people: [] }
    const body = { name, prompt: graphOf(64, prefix), inputs: [], grants }
    const { id } = managedWorkflowSchema.parse((await send('POST', '/workflows', body)).json())
    if (!standing.isCurrent)
      await send('POST', `/workflows/${id}/versions`, { prompt: graphOf(128, prefix), inputs: [] })
    return id
  }
  const keyOf = async (workflowId: string | undefined): Promise<Record<string, string>> => {
    if (column.role === undefined) return {}
    const key = { accountId: mia.id, name: 'x', scopes: ['run', 'read'], expiresAtMs: null, workflowId } as const
    return bearer((await stores.keys.create(key, commandLine)).text)
  }
  return { publish, keyOf, remove: (id: string) => send('DELETE', `/workflows/${id}`) }
}

const withLetter = (path: string): string =>
  path.replace(/[a-z](?=[a-z]*$)/, (sign) => `%${sign.charCodeAt(0).toString(16)}`)

/** The request as it is, by HEAD, with a letter encoded, and below `/api`, with the status of each. */
function* writings(request: WorkflowRequest, id: string, status: number): Generator<[string, string, number]> {
  const { method } = request
  const path = request.path(id)
  yield [method, path, status]
  if (method === 'GET') yield ['HEAD', path, status]
  yield [method, withLetter(path), status]
  // Nothing of the gate's own stands below /api, for anybody who is somebody.
  yield [method, `/api${path}`, path === '/prompt' || status === 401 ? status : 404]
}

describe.each(workflowColumns)('workflows over HTTP: $title', (column: WorkflowColumn) => {
  wholeGateTest('every cell of the table is answered as it says, however the request is written', async ({ whole }) => {
    const world = await openWorld(whole, column)
    const other = await world.publish(
      'Other',
      { title: '', grants: () => ({ public: true, roles: [], people: [] }), isCurrent: true },
      'o',
    )
    for (const [at, standing] of workflowCases.entries()) {
      const prefix = `w${at}x`
      const id = await world.publish(`Workflow ${at}`, standing, prefix)
      const headers = await world.keyOf(column.only === undefined ? undefined : column.only === 'this' ? id : other)
      if (standing.grants === undefined) await world.remove(id)
      for (const request of workflowRequests) {
        for (const [method, path, status] of writings(request, id, decideWorkflow(request, column, standing))) {
          const body = request.title === 'POST /prompt' ? { prompt: graphOf(64, prefix) } : {}
          const jobs = whole.queue.jobs.list().length
          const answer = await ask(whole.port, path, {
            method,
            headers: { ...headers, 'content-type': 'application/json' },
            ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
          })
          expect([standing.title, method, path, answer.status]).toEqual([standing.title, method, path, status])
          const isRun = method === 'POST' && status < 300
          expect([method, path, whole.queue.jobs.list().length - jobs]).toEqual([method, path, isRun ? 1 : 0])
        }
      }
    }
  })
})
