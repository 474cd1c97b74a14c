import { sql } from 'kysely'
import { describe, expect } from 'vitest'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { JobStore } from '../../../proxy/jobs/jobStore.ts'
import { OutputStore } from '../../../proxy/outputs/outputStore.ts'
import { addPerson } from '../../support/apiPeople.ts'
import { openTestFolders } from '../../support/foldersFixture.ts'
import { addEndedJob, makePicture, openOutputsFixture, saveOutput } from '../../support/outputsFixture.ts'
import type { OutputsFixture } from '../../support/outputsFixture.ts'
import { storesTest } from '../../support/storesFixture.ts'

/** A queue of which only the change is wanted. */
const quiet = { onChange: () => () => undefined }

const it = storesTest.extend<{ open: () => OutputsFixture }>({
  open: async ({ stores, clock, logger, dataDirectory }, use) => {
    const opened: OutputsFixture[] = []
    await use(() => {
      const { userFolders } = openTestFolders(stores, clock, logger, `${dataDirectory}-outputs`)
      const files = openOutputsFixture(stores, quiet, userFolders, { clock, logger })
      opened.push(files)
      return files
    })
    for (const files of opened) await files.close()
  },
})

const namesOf = async ({ database }: Stores): Promise<string[]> =>
  (await database.kysely.selectFrom('outputs').select('name').orderBy('name').execute()).map(({ name }) => name)

const isRecorded = async ({ database }: Stores, id: string): Promise<boolean> => {
  const row = await database.kysely.selectFrom('jobs').select('files_recorded').where('id', '=', id).executeTakeFirst()
  return row?.files_recorded === 1
}

describe('recording files of ended jobs', () => {
  it('takes up what an earlier run of the program left, once', async ({ stores, open }) => {
    const mia = await addPerson(stores, 'Mia')
    const files = open()
    await saveOutput(files, mia.id, 'x.png', await makePicture())
    await files.close()
    const id = await addEndedJob(stores, mia.id, [{ filename: 'x.png' }])

    for (let start = 0; start < 2; start += 1) {
      const again = open()
      await again.outputs.recordNow()
      await again.close()
    }
    expect(await namesOf(stores)).toEqual(['x.png'])
    expect(await isRecorded(stores, id)).toBe(true)
  })

  it('notes a file for each job that gives it: ComfyUI names it again and makes it once', async ({ stores, open }) => {
    const mia = await addPerson(stores, 'Mia')
    const files = open()
    await saveOutput(files, mia.id, 'x.png', await makePicture())
    const first = await addEndedJob(stores, mia.id, [{ filename: 'x.png' }])
    await files.outputs.recordNow()
    const second = await addEndedJob(stores, mia.id, [{ filename: 'x.png' }])
    await files.outputs.recordNow()

    const givenBy = async (jobId: string): Promise<string[]> =>
      (await files.outputs.store.list({ jobId, removed: false }, undefined, 10)).map(({ name }) => name)
    expect([await givenBy(first), await givenBy(second)]).toEqual([['x.png'], ['x.png']])

    // Written over, it is the last one's alone.
    await saveOutput(files, mia.id, 'x.png', await makePicture(9))
    const third = await addEndedJob(stores, mia.id, [{ filename: 'x.png' }])
    await files.outputs.recordNow()
    expect([await givenBy(first), await givenBy(second), await givenBy(third)]).toEqual([[], [], ['x.png']])

    await stores.database.kysely.deleteFrom('jobs').where('id', '=', third).execute()
    expect(await stores.database.kysely.selectFrom('job_outputs').selectAll().execute()).toEqual([])
  })

  it('writes the files and that they are recorded at once, or neither (killed in between)', async ({
    stores,
    open,
    logger,
  }) => {
    const { kysely } = stores.database
    const mia = await addPerson(stores, 'Mia')
    const files = open()
    for (const name of ['a.png', 'b.png']) await saveOutput(files, mia.id, name, await makePicture())
    await sql`create trigger cut before update of files_recorded on jobs begin select raise(abort, 'cut'); end`.execute(
      kysely,
    )
    const id = await addEndedJob(stores, mia.id, [{ filename: 'a.png' }, { filename: 'b.png' }])
    await files.outputs.recordNow()
    expect([await namesOf(stores), await isRecorded(stores, id)]).toEqual([[], false])
    expect(logger.lines.join()).toContain('the files of a job could not be recorded')

    await sql`drop trigger cut`.execute(kysely)
    await files.outputs.lookAfter()
    expect([await namesOf(stores), await isRecorded(stores, id)]).toEqual([['a.png', 'b.png'], true])
  })

  it.for(['failed', 'cancelled'] as const)('counts what a %s job had saved', async (state, { stores, open }) => {
    const mia = await addPerson(stores, 'Mia')
    const files = open()
    await saveOutput(files, mia.id, 'x.png', await makePicture())
    await addEndedJob(stores, mia.id, [{ filename: 'x.png' }, { filename: 'never.png' }], { state })
    await files.outputs.recordNow()
    expect(await namesOf(stores)).toEqual(['x.png'])
  })

  it('happens although the person cleared the history before, and keeps nothing of it', async ({ stores, open }) => {
    const { kysely } = stores.database
    const mia = await addPerson(stores, 'Mia')
    const files = open()
    await saveOutput(files, mia.id, 'x.png', await makePicture())
    const id = await addEndedJob(stores, mia.id, [{ filename: 'x.png' }])
    const store = new JobStore(kysely)
    await store.history.forget(mia.id, 'all')
    expect(await store.history.find(mia.id, id)).toBeUndefined()
    await files.outputs.recordNow()
    expect(await namesOf(stores)).toEqual(['x.png'])
    expect(await store.findResult(id)).toBeUndefined()
  })

  it('leaves a file that a later job found in the cache with the job that made it', async ({ stores, open }) => {
    const mia = await addPerson(stores, 'Mia')
    const files = open()
    await saveOutput(files, mia.id, 'x.png', await makePicture())
    const made = await addEndedJob(stores, mia.id, [{ filename: 'x.png' }])
    await files.outputs.recordNow()
    await addEndedJob(stores, mia.id, [{ filename: 'x.png' }], { endedAtMs: 2_000 })
    await files.outputs.recordNow()
    const rows = await files.outputs.store.list({ accountId: mia.id, removed: false }, undefined, 10)
    expect(rows).toMatchObject([{ job_id: made }])
  })

  it('finishes a removal that was cut short after the file had moved', async ({ stores, open }) => {
    const { kysely } = stores.database
    const mia = await addPerson(stores, 'Mia')
    const files = open()
    await saveOutput(files, mia.id, 'x.png', await makePicture())
    await addEndedJob(stores, mia.id, [{ filename: 'x.png' }])
    await files.outputs.recordNow()
    const find = async () => (await files.outputs.store.findMany([id]))[0]!
    const [{ id } = { id: '' }] = await files.outputs.store.list({ removed: false }, undefined, 1)
    await files.outputs.remove(await find())
    await kysely.updateTable('outputs').set({ removed_at_ms: null }).where('id', '=', id).execute()

    await expect(files.outputs.open(await find())).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await files.outputs.restore(await find())).toBe(true)
    const opened = await files.outputs.open(await find())
    expect(opened.bytes).toBeGreaterThan(0)
    await opened.handle.close()
  })

  it('clears away what is old, but for what is kept', async ({ stores, open }) => {
    const mia = await addPerson(stores, 'Mia')
    const files = open()
    for (const name of ['a.png', 'b.png', 'kept.png']) await saveOutput(files, mia.id, name, await makePicture())
    await addEndedJob(
      stores,
      mia.id,
      ['a.png', 'b.png', 'kept.png'].map((filename) => ({ filename })),
    )
    await files.outputs.recordNow()
    const rows = await files.outputs.store.list({ removed: false }, undefined, 10)
    await files.outputs.setKeep(
      rows.find(({ name }) => name === 'kept.png')!,
      true,
    )

    expect(await files.outputs.expire(mia.id, Date.parse('2001-01-01'))).toBe(0)
    expect(await files.outputs.expire(mia.id, Date.parse('2100-01-01'))).toBe(2)
    const left = await files.outputs.store.list({ removed: false }, undefined, 10)
    expect(left.map(({ name }) => name)).toEqual(['kept.png'])
    expect(await files.outputs.usageOf(mia.id)).toMatchObject({ files: 3 })
  })
})

describe('the list of files', () => {
  it.for([
    [{ removed: false }, 'outputs_newest'],
    [{ removed: false, accountId: 'aaaaaaaaaaaaaaaa' }, 'outputs_by_account'],
    [{ removed: false, accountId: 'aaaaaaaaaaaaaaaa', kind: 'image' as const, search: 'x' }, 'outputs_by_account'],
  ] as const)(
    'is read in the order of an index, from where the page begins: %j',
    async ([filter, index], { stores }) => {
      const { kysely } = stores.database
      const query = new OutputStore(kysely).page(filter, { madeAtMs: 5, id: 'aaaaaaaaaaaaaaaa' }, 60).compile()
      const plan = await kysely.executeQuery<{ detail: string }>({ ...query, sql: `explain query plan ${query.sql}` })
      const details = plan.rows.map(({ detail }) => detail)
      expect(details.join()).toContain(`USING INDEX ${index} (`)
      expect(details.join()).toMatch(/\(made_at_ms,id\)</)
      expect(details.join()).not.toContain('TEMP B-TREE')
    },
  )

  it('finds unrecorded jobs without reading the others', async ({ stores }) => {
    const plan = await sql<{ detail: string }>`explain query plan select id from jobs where files_recorded = 0
      and state in ('succeeded', 'failed', 'cancelled') order by ended_at_ms limit 20`.execute(stores.database.kysely)
    expect(plan.rows.map(({ detail }) => detail)).toEqual(['SCAN jobs USING INDEX jobs_with_files'])
  })
})
