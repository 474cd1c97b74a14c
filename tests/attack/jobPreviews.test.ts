import { describe, expect } from 'vitest'
import type { JsonValue } from '../../proxy/comfyui/losslessJson.ts'
import { jobSchema } from '../../proxy/contract/jobs.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../support/apiPeople.ts'
import { applicationTest as it } from '../support/ownApplicationFixture.ts'
import type { TestApplication } from '../support/ownApplicationFixture.ts'

const picture = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from('what she makes')])

/** A job as the queue has it while the engine works on it, with one preview. */
async function run({ queue }: TestApplication, accountId: string, bytes = picture): Promise<string> {
  const nodes = new Map([['1', new Map<string, JsonValue>([['class_type', 'A']])]])
  const rest = { wantedId: undefined, clientId: undefined, extraData: new Map(), targets: undefined, outputs: '[]' }
  const place = { front: false, number: undefined }
  const { id } = await queue.jobs.accept({ ...rest, accountId, role: 'creator', nodes, place })
  const job = queue.jobs.find(id)
  if (job === undefined) throw new TypeError('the job is there')
  job.status = { ...job.status, state: 'running' }
  queue.jobs.onEvent(id, 'execution_start', undefined, Buffer.from('{}'))
  queue.jobs.onPreview(id, bytes)
  return id
}

describe('the unfinished picture of a running job', () => {
  it('is its person’s, and looks to everybody else as if there were none', async ({ stores, application }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const id = await run(application, mia.id)
    const path = `${api}/jobs/${id}/preview`

    const hers = await application.ask('GET', path, { session: await signIn(stores, 'Mia') })
    expect([hers.status, hers.bytes]).toEqual([200, picture])
    expect(hers.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    })
    const unknown = `${api}/jobs/00000000-0000-4000-8000-000000000000/preview`
    for (const who of [
      { session: await signIn(stores, 'Ben') },
      { key: await makeKey(stores, ben, ['run', 'read', 'keys']) },
      await openOwner(stores),
    ]) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await application.ask(method, path, who)
        expect([answer.status, answer.json]).toEqual([404, (await application.ask(method, unknown, who)).json])
      }
    }
    expect((await application.ask('GET', path)).status).toBe(401)
    expect((await application.ask('POST', path, { session: await signIn(stores, 'Mia') })).status).toBe(405)
  })

  it('is counted where its person reads how far it is, and nowhere for others', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const id = await run(application, mia.id)
    const read = async (who: object) => jobSchema.parse((await application.ask('GET', `${api}/jobs/${id}`, who)).json)
    expect((await read({ session: await signIn(stores, 'Mia') })).progress?.preview).toBe(1)
    expect((await read(await openOwner(stores))).progress?.preview).toBe(null)
  })

  it.for([
    ['executing', null] as const,
    ['execution_error', undefined] as const,
    ['execution_interrupted', undefined] as const,
  ])('is gone when the job is over: %s', async ([type, node], { stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const session = await signIn(stores, 'Mia')
    const id = await run(application, mia.id)
    const path = `${api}/jobs/${id}/preview`
    expect((await application.ask('GET', path, { session })).status).toBe(200)
    application.queue.jobs.onEvent(id, type, node, Buffer.from('{}'))
    expect((await application.ask('GET', path, { session })).status).toBe(404)
  })

  it('is none that a node made of a page', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const id = await run(application, mia.id, Buffer.from('<!doctype html><script>top.location="/"</script>'))
    const answer = await application.ask('GET', `${api}/jobs/${id}/preview`, { session: await signIn(stores, 'Mia') })
    expect([answer.status, answer.text.includes('<')]).toEqual([404, false])
  })
})

describe('one job', () => {
  it('of somebody else is not there to be read, running or over', async ({ stores, application }) => {
    const [mia] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const id = await run(application, mia.id)
    const [hers, his] = [await signIn(stores, 'Mia'), await signIn(stores, 'Ben')]
    const read = (session: string) => application.ask('GET', `${api}/jobs/${id}`, { session })

    expect((await read(hers)).json).toMatchObject({ id, state: 'running', workflow: null })
    expect((await read(his)).status).toBe(404)
    const over = '00000000-0000-4000-8000-00000000000a'
    const change = { state: 'succeeded', ended_at_ms: 5, run_ms: 2500, summary: '{"outputs_count":1}', in_history: 1 }
    const { kysely } = application.queue.database
    await kysely
      .updateTable('jobs')
      .set({ ...change, id: over })
      .where('id', '=', id)
      .execute()
    const readOver = (session: string) => application.ask('GET', `${api}/jobs/${over}`, { session })
    expect((await readOver(hers)).json).toMatchObject({ id: over, state: 'succeeded', files: 1 })
    expect((await readOver(his)).status).toBe(404)
  })
})
