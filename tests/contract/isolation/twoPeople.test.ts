import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EngineSocket } from '../../support/engineClient.ts'
import { startEngineUnderTest } from '../../support/engineUnderTest.ts'
import type { EngineUnderTest } from '../../support/engineUnderTest.ts'
import { nextUnique, savePrompt } from '../prompts.ts'
import { openGateWorld } from './gateWorld.ts'
import type { GateWorld } from './gateWorld.ts'
import { briefPrompt } from './cases/gateSteps.ts'
import { cachedNodes, contentsOf, expectNothing, uploadPicture, view } from './world.ts'
import type { Person } from './world.ts'

/*
 * The promise in one place: two people share one ComfyUI, do the same things, and neither notices the other. What
 * somebody does to find out is in the cases beside this file.
 */

/** What one of the two has made. */
interface Traces {
  readonly person: Person
  readonly socket: EngineSocket
  readonly promptId: string
  readonly entry: any
  readonly upload: string
  readonly setting: string
  readonly workflow: string
}

let engine: EngineUnderTest
let world: GateWorld
let both: readonly (readonly [mine: Traces, other: Traces])[]

/** The same for both: the same workflow with the same file name, and names that tell whose they are. */
async function work(person: Person, whose: string, prompt: ReturnType<typeof savePrompt>): Promise<Traces> {
  const { client } = person
  const socket = await client.openSocket({ wantsMetadata: true })
  const { name: upload } = await uploadPicture(person, {}, `${whose}_upload.png`)
  const setting = `Two.People.${whose}`
  await client.send('POST', `/settings/${setting}`, '"mine"')
  const workflow = `${whose}_workflow.json`
  await client.send('POST', `/userdata/workflows%2F${workflow}`, '{}')
  const { promptId, entry } = await client.run(prompt, { client_id: socket.sid })
  await socket.waitForEnd(promptId)
  return { person, socket, promptId, entry, upload, setting, workflow }
}

beforeAll(async () => {
  engine = await startEngineUnderTest()
  world = await openGateWorld(engine)
  const prompt = savePrompt({ prefix: `same_${nextUnique()}` })
  const hers = await work(world.alice, 'alices', prompt)
  const his = await work(world.bob, 'bobs', prompt)
  both = [
    [hers, his],
    [his, hers],
  ]
})

afterAll(async () => {
  for (const [{ socket }] of both) socket.close()
  await world.close()
  await engine.close()
})

const imageOf = ({ entry }: Traces) => entry.outputs['2'].images[0] as Record<'filename' | 'type' | 'subfolder', string>

/** The answer names what is mine and nothing of the other’s. */
async function expectMineOnly(path: string, mine: Traces, other: Traces, part: 'upload' | 'setting' | 'workflow') {
  for (const twin of [path, `/api${path}`]) {
    const answer = await mine.person.client.get(twin)
    // What has no twin does not answer there.
    if (answer.status === 403 && path.startsWith('/internal')) continue
    const { status, text } = answer
    expect([twin, status, text.includes(mine[part])]).toEqual([twin, 200, true])
    for (const foreign of [other.upload, other.setting, other.workflow, other.promptId, other.person.id]) {
      expect([twin, foreign, text.includes(foreign)]).toEqual([twin, foreign, false])
    }
  }
}

describe('two people with one ComfyUI', () => {
  it('case 28: the same prompt twice makes two files in two folders, and says nothing of the other run', () => {
    for (const [mine, other] of both) {
      const { filename } = imageOf(mine)
      expect(Array.from(contentsOf(mine.person.folders.output).keys())).toEqual([filename])
      expect(mine.person.folders.output).not.toBe(other.person.folders.output)
      expect(basename(filename)).toBe(imageOf(other).filename)
      expect(mine.entry.status).toMatchObject({ status_str: 'success', completed: true })
      expect(cachedNodes(mine.entry)).toEqual([])
      const hints = mine.socket.about(mine.promptId).filter(({ type }) => type === 'execution_cached')
      expect(hints.map(({ data }) => data.nodes)).toEqual([[]])
    }
  })

  it.each(['/object_info/LoadImage', '/object_info', '/internal/files/input'])(
    'case 1: GET %s lists one’s own pictures only',
    async (path) => {
      for (const [mine, other] of both) await expectMineOnly(path, mine, other, 'upload')
    },
  )

  it('case 1: GET /internal/files/output lists one’s own results only', async () => {
    for (const [mine] of both) {
      const listed = (await mine.person.client.get('/internal/files/output')).json() as string[]
      // The two have the same name; each sees one.
      expect(listed.map((name) => name.replace(/ \[output\]$/, ''))).toEqual([imageOf(mine).filename])
    }
  })

  it('case 1: GET /view shows one’s own picture under the name that both have', async () => {
    const bytes = await Promise.all(both.map(async ([mine]) => (await view(mine.person, imageOf(mine))).body))
    for (const [at, [mine, other]] of both.entries()) {
      const own = contentsOf(mine.person.folders.output).get(imageOf(mine).filename)
      expect(bytes[at]?.toString('base64')).toBe(own)
      expectNothing(await view(mine.person, { type: 'input', filename: other.upload }))
      expect((await view(mine.person, { type: 'input', filename: mine.upload })).status).toBe(200)
    }
  })

  it('case 17: GET /history and /api/jobs tell of one’s own jobs only', async () => {
    for (const [mine, other] of both) {
      const { client } = mine.person
      expect(Object.keys((await client.get('/history')).json())).toEqual([mine.promptId])
      expect((await client.get(`/history/${other.promptId}`)).json()).toEqual({})

      const { jobs, pagination } = (await client.get('/api/jobs')).json()
      expect([jobs.map(({ id }: { id: string }) => id), pagination.total]).toEqual([[mine.promptId], 1])
    }
  })

  it('case 16: GET /queue and /prompt show and count one’s own jobs only', async () => {
    const [hers, his] = [world.alice, world.bob]
    const running = (await hers.client.queue(briefPrompt())).json().prompt_id
    const waiting = (await hers.client.queue(savePrompt())).json().prompt_id
    expect((await his.client.get('/queue')).json()).toEqual({ queue_running: [], queue_pending: [] })
    expect((await his.client.get('/prompt')).json()).toEqual({ exec_info: { queue_remaining: 0 } })
    const own = (await hers.client.get('/queue')).json()
    const ids = [...own.queue_running, ...own.queue_pending].map(([, id]: [number, string]) => id)
    expect(ids).toEqual([running, waiting])
    expect((await hers.client.get('/prompt')).json()).toEqual({ exec_info: { queue_remaining: 2 } })
    for (const id of ids) await hers.client.waitForHistory(id)
  })

  it('case 9: settings are one’s own', async () => {
    for (const [mine, other] of both) {
      await expectMineOnly('/settings', mine, other, 'setting')
      expect((await mine.person.client.get(`/settings/${other.setting}`)).json()).toBeNull()
    }
  })

  it.each(['/userdata?dir=workflows', '/v2/userdata?path=workflows', '/userdata?dir=.&recurse=true&full_info=true'])(
    'case 8: GET %s lists one’s own workflows only',
    async (path) => {
      for (const [mine, other] of both) {
        await expectMineOnly(path, mine, other, 'workflow')
        expect((await mine.person.client.get(`/userdata/workflows%2F${other.workflow}`)).status).toBe(404)
      }
    },
  )

  it('case 29: a socket tells of one’s own jobs only', async () => {
    for (const [mine, other] of both) {
      // Whatever came before has come when the events of one more job have.
      const { promptId } = await mine.person.client.run(savePrompt(), { client_id: mine.socket.sid })
      await mine.socket.waitForEnd(promptId)
      expect(mine.socket.about(mine.promptId).map(({ type }) => type)).toContain('executed')
      const texts = JSON.stringify(mine.socket.messages)
      for (const foreign of [other.promptId, other.socket.sid, other.person.id]) expect(texts).not.toContain(foreign)
      const counts = mine.socket.messages.flatMap(({ type, data }) =>
        type === 'status' ? [data.status.exec_info.queue_remaining as number] : [],
      )
      expect(Math.max(...counts)).toBeLessThanOrEqual(2)
    }
  })
})
