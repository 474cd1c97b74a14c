import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { until } from '../support/tabClient.ts'

let fixture: GateFixture
/** Answers that the engine still owes. */
let owed: (() => void)[]
beforeEach(async () => {
  fixture = await openGateFixture()
  owed = []
  for (const path of ['GET /view', 'GET /object_info', 'POST /upload/mask']) {
    fixture.upstream.on(path, (_request, response) => void owed.push(() => response.end('{}')))
  }
})
afterEach(async () => {
  for (const answer of owed) answer()
  await fixture.close()
})

const get = (path: string, token: string) => ask(fixture.port, path, { headers: bearer(token) })
/** One whose answer nobody waits for here. */
const open = (path: string): void => void get(path, tokens.creator).catch(() => undefined)
const PREVIEW = '/view?filename=a.png&type=output&preview=webp'

describe('requests that ComfyUI computes in the thread that answers everybody', () => {
  it('case: 100 previews at once stall nobody: two of one person and four in all reach the engine', async () => {
    const creator = Array.from({ length: 50 }, () => get(PREVIEW, tokens.creator))
    await until(() => owed.length === 2, 'two are under way')
    const others = [
      get('/view?filename=a.png&channel=a', tokens.creator2),
      get('/object_info', tokens.creator2),
      get('/object_info', tokens.admin),
    ]
    await until(() => owed.length === 4, 'four are under way')
    // What costs nothing waits for nobody.
    expect((await get('/embeddings', tokens.creator)).status).toBe(200)
    expect(owed).toHaveLength(4)

    // A page of many previews gets them all, and the others come between.
    let most = 0
    const state = { done: false }
    const all = Promise.all([...creator, ...others]).finally(() => (state.done = true))
    while (!state.done) {
      most = Math.max(most, owed.length)
      owed.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await all).filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([])
    expect(most).toBeLessThanOrEqual(4)
  })

  it('a picture as it is waits for nobody', async () => {
    open(PREVIEW)
    open(PREVIEW)
    await until(() => owed.length === 2, 'two are under way')
    const plain = get('/view?filename=a.png&channel=rgba', tokens.creator)
    await until(() => owed.length === 3, 'it is there')
    owed.at(-1)?.()
    expect((await plain).status).toBe(200)
  })

  it('a mask whose last bytes have come waits for its turn, and the engine has none of it whole before', async () => {
    open(PREVIEW)
    open(PREVIEW)
    await until(() => owed.length === 2, 'two are under way')
    const file = 'Content-Disposition: form-data; name="image"; filename="a.gif"\r\n\r\nGIF89a\u0010\0\u0010\0'
    const upload = ask(fixture.port, '/upload/mask', {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=XbX', ...bearer(tokens.creator) },
      body: `--XbX\r\n${file}\r\n--XbX--\r\n`,
    })
    // By then it is there, and waits.
    expect((await get('/embeddings', tokens.creator)).status).toBe(200)
    expect(owed).toHaveLength(2)
    owed.shift()?.()
    await until(() => owed.length === 2, 'its turn has come')
    owed.at(-1)?.()
    expect((await upload).status).toBe(200)
  })

  it('of somebody else lay no hang of the engine to the job that ran', async () => {
    const running = (accountId: string) => {
      fixture.queue.jobs.explains = (blameOf) => blameOf({ accountId } as never) !== 'none'
    }
    running('victim0000000000')
    expect(fixture.gate.explains('NOT_ANSWERING')).toBe(true)
    open(PREVIEW)
    await until(() => owed.length === 1, 'one is under way')
    expect(fixture.gate.explains('NOT_ANSWERING')).toBe(false)
    expect(fixture.gate.explains('OUT_OF_MEMORY')).toBe(false)
    expect(fixture.gate.explains('WORKER_DIED')).toBe(true)
    // With a request of one's own nobody excuses one's own job.
    running('cleo000000000000')
    expect(fixture.gate.explains('NOT_ANSWERING')).toBe(true)
  })
})

describe('memory that somebody else took', () => {
  const victim = { id: 'job of the victim', accountId: 'victim0000000000' }
  const bomber = { id: 'job of cleo', accountId: 'cleo000000000000' }
  let interrupted: string[]
  beforeEach(() => {
    interrupted = []
    fixture.queue.jobs.interrupt = ({ id }) => Promise.resolve(void interrupted.push(id))
  })
  /** The jobs that the engine runs from now on. */
  const runs = (...jobs: (typeof victim)[]): void => {
    fixture.queue.jobs.list = () => jobs.map((job) => ({ ...job, status: { state: 'running' } })) as never
    fixture.queue.jobs.explains = (blameOf) => jobs.some((job) => blameOf(job as never) !== 'none')
  }

  it('is not laid to the job that runs when the engine ends', () => {
    runs(bomber)
    fixture.engine.pressMemory()
    expect(interrupted).toEqual([bomber.id])
    expect(fixture.gate.explains('OUT_OF_MEMORY')).toBe(true)
    runs(victim)
    expect(fixture.gate.explains('OUT_OF_MEMORY')).toBe(false)
    expect(fixture.gate.explains('NOT_ANSWERING')).toBe(true)
  })

  it('while nothing ran is laid to no job that begins then', () => {
    runs()
    fixture.engine.pressMemory()
    runs(victim)
    expect(fixture.gate.explains('OUT_OF_MEMORY')).toBe(false)
  })

  it('by a request that is answered before the engine ends stops no job and is laid to none', async () => {
    runs(victim)
    open(PREVIEW)
    await until(() => owed.length === 1, 'one is under way')
    fixture.engine.pressMemory()
    owed.shift()?.()
    await until(() => fixture.gate.explains('NOT_ANSWERING'), 'it is answered')
    expect(interrupted).toEqual([])
    expect(fixture.gate.explains('OUT_OF_MEMORY')).toBe(false)
  })

  it('of an engine that was ended excuses nobody in the next one', () => {
    runs(bomber)
    fixture.engine.pressMemory()
    runs(victim)
    const connection = fixture.engine.connection()
    fixture.engine.set(undefined)
    expect(fixture.gate.explains('OUT_OF_MEMORY')).toBe(false)
    fixture.engine.set(connection && { ...connection, bootId: '2'.repeat(32) })
    expect(fixture.gate.explains('OUT_OF_MEMORY')).toBe(true)
  })
})
