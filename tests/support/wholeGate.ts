import { createOwnApplication } from '../../proxy/api/ownApplication.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { createGate } from '../../proxy/gate.ts'
import type { Gate } from '../../proxy/gate.ts'
import { createJobRights } from '../../service/jobRights.ts'
import { openNodes } from '../../service/openNodes.ts'
import { createWorkflowParts, openWorkflows } from '../../service/openWorkflows.ts'
import { FakeNodes } from './fakeNodes.ts'
import { FakeEngine, FakeFolders } from './gateFixture.ts'
import { FakeReach } from './fakeReach.ts'
import { SECRET, startFakeUpstream } from './fakeUpstream.ts'
import type { FakeUpstream } from './fakeUpstream.ts'
import { openTestFolders } from './foldersFixture.ts'
import { openJobQueueFixture } from './jobQueueFixture.ts'
import type { JobQueueFixture } from './jobQueueFixture.ts'
import { openOutputsFixture } from './outputsFixture.ts'
import { createFakeParts } from './ownApplicationFixture.ts'
import { FakeTls } from './testCertificate.ts'
import { storesTest } from './storesFixture.ts'

export interface WholeGate {
  readonly stores: Stores
  readonly gate: Gate
  readonly port: number
  readonly upstream: FakeUpstream
  readonly queue: JobQueueFixture
  readonly tls: FakeTls
}

/** Gate, API, line, roles and published workflows as the product puts them together; only the engine is recorded. */
export const wholeGateTest = storesTest.extend<{ whole: WholeGate }>({
  whole: async ({ stores, clock, logger, dataDirectory }, use) => {
    const { authenticator, settings } = stores
    const parts = createFakeParts()
    const tls = new FakeTls()
    const upstream = await startFakeUpstream()
    const engine = new FakeEngine()
    engine.set({ port: upstream.port, secret: SECRET, bootId: '1'.repeat(32) })
    const opened = openWorkflows(stores, { clock, random: systemRandom })
    const rights = createJobRights(stores, opened.runs, clock)
    const queue = await openJobQueueFixture({ clock, logger, settings, rights })
    const folders = openTestFolders(stores, clock, logger, dataDirectory)
    const files = openOutputsFixture(stores, queue.jobs, folders.userFolders, { clock, logger })
    const nodes = await openNodes(stores, { clock, logger }, opened)
    const surroundings = { stores, nodes, options: { clock, logger } }
    const ownApplication = createOwnApplication({
      ...{ nodes, clock, logger, stores, jobs: queue.jobs, folders: folders.folders },
      ...{ outputs: files.outputs, thumbnails: files.thumbnails, pictureTexts: files.pictureTexts },
      ...parts.dependencies,
      workflows: createWorkflowParts(opened, () => gate.workflowEngine, surroundings),
      engine,
      reach: new FakeReach(),
      freeIdleMemory: () => gate.freeIdleMemory(),
      pagesDirectory: dataDirectory,
      version: '0.0.0-test',
    })
    const gate: Gate = createGate(
      {
        ...{ clock, random: systemRandom, logger, engine, authenticator, settings, ownApplication },
        ...{ folders: new FakeFolders(), nodes: new FakeNodes(), jobs: queue.jobs, published: opened.runs },
        audit: { record: () => undefined },
        tls,
      },
      { drainMs: 200 },
    )
    const { port } = await gate.openPublicListener({ port: 0 })
    await use({ stores, gate, port, upstream, queue, tls })
    await gate.close()
    await files.close()
    await nodes.close()
    await queue.close()
    await upstream.close()
  },
})
