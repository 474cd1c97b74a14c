import { describe, expect } from 'vitest'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Account } from '../../proxy/accounts/account.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { createdKeySchema } from '../../proxy/contract/keys.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../support/apiPeople.ts'
import { addOutput } from '../support/outputRows.ts'
import { addEndedJob } from '../support/outputsFixture.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'
import type { TestApplication } from '../support/ownApplicationFixture.ts'
import { goodPassword } from '../support/storesFixture.ts'

const MINE = 'workflow00000001'
const OTHER = 'workflow00000002'

async function addWorkflow({ database, changes }: Stores, id: string, role: string | null): Promise<void> {
  const { kysely } = database
  const texts = { prompt: '{}', canvas: null, inputs: '[]', possible_inputs: '[]', node_key: '' }
  await kysely
    .insertInto('workflows')
    .values({
      ...{ id, name: id, name_key: id, description: '', version: 1, picture: null, picture_type: null },
      ...{ created_at_ms: 1, changed_at_ms: 1 },
    })
    .execute()
  await kysely
    .insertInto('workflow_versions')
    .values({ workflow_id: id, version: 1, ...texts, published_at_ms: 1, published_by: 'Anna' })
    .execute()
  if (role !== null) {
    await kysely.insertInto('workflow_grants').values({ workflow_id: id, role, account_id: null }).execute()
  }
  changes.emit('workflows')
}

/** A job that is over, of that workflow or of a graph of one's own, with a file that it made. */
async function addRun(stores: Stores, { queue }: TestApplication, { id }: Account, workflowId: string | null) {
  const { kysely } = stores.database
  const jobId = await addEndedJob(stores, id, [])
  const published = { published_id: workflowId, published_version: workflowId === null ? null : 1 }
  await kysely.updateTable('jobs').set(published).where('id', '=', jobId).execute()
  // The line of the tests has a database of its own.
  const row = await kysely.selectFrom('jobs').selectAll().where('id', '=', jobId).executeTakeFirstOrThrow()
  await queue.database.kysely.insertInto('jobs').values(row).execute()
  return { jobId, outputId: await addOutput(stores, id, { job_id: jobId }) }
}

const keyFor = async (stores: Stores, { id }: Account, workflowId: string): Promise<string> => {
  const key = { accountId: id, name: 'recipe', scopes: ['run'], expiresAtMs: null, workflowId } as const
  return (await stores.keys.create(key, commandLine)).text
}

describe('a key for one workflow that is stolen', () => {
  it('shows only the jobs and files that this workflow made', async ({ stores, application }) => {
    await addWorkflow(stores, MINE, 'user')
    await addWorkflow(stores, OTHER, 'user')
    const mia = await addPerson(stores, 'Mia', 'user')
    const mine = await addRun(stores, application, mia, MINE)
    const others = [await addRun(stores, application, mia, OTHER), await addRun(stores, application, mia, null)]
    const key = await keyFor(stores, mia, MINE)
    const read = (path: string) => application.ask('GET', `${api}${path}`, { key })

    expect((await read('/jobs?state=ended')).json.items.map(({ id }: { id: string }) => id)).toEqual([mine.jobId])
    expect((await read(`/jobs/${mine.jobId}`)).status).toBe(200)
    expect((await read('/outputs')).json.items.map(({ id }: { id: string }) => id)).toEqual([mine.outputId])
    for (const { jobId, outputId } of others) {
      expect((await read(`/jobs/${jobId}`)).status).toBe(404)
      expect((await read(`/outputs?job=${jobId}`)).json.items).toEqual([])
      for (const what of ['', '/file', '/thumbnail', '/workflow']) {
        expect((await read(`/outputs/${outputId}${what}`)).status).toBe(404)
      }
    }
    const whole = await makeKey(stores, mia, ['run'])
    expect((await application.ask('GET', `${api}/outputs`, { key: whole })).json.items).toHaveLength(3)
  })

  it('of an administrator shows nobody else’s and administers nothing', async ({ stores, application }) => {
    await addWorkflow(stores, MINE, null)
    const ada = await addPerson(stores, 'Ada', 'administrator')
    const mia = await addPerson(stores, 'Mia', 'user')
    const hers = await addRun(stores, application, mia, MINE)
    const text = (
      await stores.keys.create(
        { accountId: ada.id, name: 'x', scopes: ['run', 'administer'], expiresAtMs: null, workflowId: MINE },
        commandLine,
      )
    ).text

    expect((await application.ask('GET', `${api}/outputs/${hers.outputId}`, { key: text })).status).toBe(404)
    expect((await application.ask('GET', `${api}/users`, { key: text })).status).toBe(403)
  })

  it('ends with the workflow that it was for', async ({ stores, application }) => {
    await addWorkflow(stores, MINE, 'user')
    const key = await keyFor(stores, await addPerson(stores, 'Mia', 'user'), MINE)
    expect((await application.ask('GET', `${api}/jobs`, { key })).status).toBe(200)

    await stores.database.kysely.deleteFrom('workflows').where('id', '=', MINE).execute()
    stores.changes.emit('workflows')

    expect((await application.ask('GET', `${api}/jobs`, { key })).status).toBe(401)
  })
})

describe('making a key for one workflow', () => {
  it('gives a key that is for it alone, and none with a scope beyond running and reading', async ({
    stores,
    application,
  }) => {
    await addWorkflow(stores, MINE, 'user')
    await addPerson(stores, 'Mia', 'user')
    const session = await signIn(stores, 'Mia')
    const wanted = { name: 'recipe', workflowId: MINE, password: goodPassword }
    const make = (scopes: readonly string[]) =>
      application.ask('POST', `${api}/keys`, { session, body: { ...wanted, scopes } })

    expect((await make(['run', 'keys'])).status).toBe(422)
    const made = await make(['run'])

    expect(made.status).toBe(201)
    const { id } = createdKeySchema.parse(made.json)
    expect(await stores.keys.find(id)).toMatchObject({ scopes: ['run'], workflowId: MINE })
    expect(await stores.keys.list()).toHaveLength(1)
  })

  it.for([
    ['that is not granted to its holder', OTHER],
    ['that is not there', 'workflow00000009'],
  ])('is refused for one %s, and makes none', async ([, workflowId], { stores, application }) => {
    await addWorkflow(stores, OTHER, 'creator')
    const mia = await addPerson(stores, 'Mia', 'user')
    const session = await signIn(stores, 'Mia')

    const body = { name: 'recipe', workflowId, password: goodPassword }
    expect((await application.ask('POST', `${api}/keys`, { session, body })).status).toBe(422)
    const owner = await openOwner(stores)
    const forHer = { name: 'recipe', workflowId, userId: mia.id }
    expect((await application.ask('POST', `${api}/keys`, { ...owner, body: forHer })).status).toBe(422)
    expect(await stores.keys.list(mia.id)).toEqual([])
  })
})
