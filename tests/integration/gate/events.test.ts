import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { describe, expect } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import { createOwnApplication } from '../../../proxy/api/ownApplication.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { createGate } from '../../../proxy/gate.ts'
import { openNodes } from '../../../service/openNodes.ts'
import { addPerson, api, makeKey, signIn } from '../../support/apiPeople.ts'
import { FakeNodes } from '../../support/fakeNodes.ts'
import { cookie, FakeEngine, FakeFolders } from '../../support/gateFixture.ts'
import { openTestFolders } from '../../support/foldersFixture.ts'
import { ask } from '../../support/httpClient.ts'
import { openJobQueueFixture } from '../../support/jobQueueFixture.ts'
import { openOutputsFixture } from '../../support/outputsFixture.ts'
import { createFakeParts } from '../../support/ownApplicationFixture.ts'
import { FakeReach } from '../../support/fakeReach.ts'
import { storesTest } from '../../support/storesFixture.ts'
import { openWorkflowsFixture } from '../../support/workflowsFixture.ts'

const WORKFLOW = 'workflow00000001'

/** The whole gate over real stores, with the API behind it. */
const gateTest = storesTest.extend<{ port: number }>({
  port: async ({ stores, clock, logger, dataDirectory }, use) => {
    const parts = createFakeParts()
    const rights = { find: () => Promise.resolve(undefined), onChange: () => () => undefined }
    const queue = await openJobQueueFixture({ clock, logger, settings: stores.settings, rights })
    const folders = openTestFolders(stores, clock, logger, dataDirectory)
    const files = openOutputsFixture(stores, queue.jobs, folders.userFolders, { clock, logger })
    const workflows = openWorkflowsFixture(stores, queue.jobs, { clock, logger }).parts
    const ownApplication = createOwnApplication({
      nodes: await openNodes(stores, { clock, logger }, workflows),
      reach: new FakeReach(),
      outputs: files.outputs,
      thumbnails: files.thumbnails,
      pictureTexts: files.pictureTexts,
      workflows,
      clock,
      logger,
      stores,
      jobs: queue.jobs,
      folders: folders.folders,
      ...parts.dependencies,
      freeIdleMemory: () => Promise.resolve(false),
      pagesDirectory: dataDirectory,
      version: '0.0.0-test',
    })
    const { authenticator, settings } = stores
    const gate = createGate(
      {
        clock,
        random: systemRandom,
        logger,
        engine: new FakeEngine(),
        authenticator,
        settings,
        folders: new FakeFolders(),
        nodes: new FakeNodes(),
        jobs: queue.jobs,
        ownApplication,
        audit: { record: () => undefined },
      },
      { drainMs: 200 },
    )
    const { port } = await gate.openPublicListener({ port: 0 })
    await use(port)
    await gate.close()
    await files.close()
    await queue.close()
  },
})

async function openStream(port: number, headers: Record<string, string>) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path: `${api}/events`, headers, agent: false })
      .on('response', resolve)
      .on('error', reject)
      .end()
  })
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const closed = new Promise<void>((resolve) => response.on('close', resolve).on('error', () => undefined))
  return { status: response.statusCode, type: response.headers['content-type'], text: () => text, closed }
}

describe('the event stream through the gate', () => {
  gateTest('is open to a person on the public listener, and tells of their own things', async ({ stores, port }) => {
    const mia = await addPerson(stores, 'Mia', 'viewer')
    const stream = await openStream(port, cookie(await signIn(stores, 'Mia')))

    await makeKey(stores, mia, ['run'])

    expect(stream.status).toBe(200)
    expect(stream.type).toBe('text/event-stream; charset=utf-8')
    await expect.poll(stream.text, { timeout: 5000 }).toContain('data: {"type":"changed","resource":"keys"}')
  })

  gateTest('ends with the session it was opened by when the person signs out', async ({ stores, port }) => {
    await addPerson(stores, 'Mia')
    const session = cookie(await signIn(stores, 'Mia'))
    const elsewhere = await openStream(port, cookie(await signIn(stores, 'Mia')))
    const stream = await openStream(port, session)
    const startedAt = performance.now()

    const signedOut = await ask(port, `${api}/session`, {
      method: 'DELETE',
      headers: { ...session, origin: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}` },
    })

    expect(signedOut.status).toBe(204)
    await stream.closed
    expect(performance.now() - startedAt).toBeLessThan(1000)
    await expect.poll(elsewhere.text, { timeout: 5000 }).toContain('"resource":"sessions"')
  })

  gateTest('is refused without a credential and to a key for one workflow', async ({ stores, port }) => {
    const mia = await addPerson(stores, 'Mia')
    await stores.database.kysely
      .insertInto('workflows')
      .values({
        ...{ id: WORKFLOW, name: 'Portrait', name_key: 'portrait', description: '', version: 1 },
        ...{ picture: null, picture_type: null, created_at_ms: 1, changed_at_ms: 1 },
      })
      .execute()
    const key = { accountId: mia.id, name: 'tool', scopes: ['run'], expiresAtMs: null, workflowId: WORKFLOW } as const
    const { text } = await stores.keys.create(key, commandLine)

    expect((await openStream(port, {})).status).toBe(401)
    expect((await openStream(port, { authorization: `Bearer ${text}` })).status).toBe(403)
  })
})
