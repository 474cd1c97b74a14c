/**
 * A program that accepts jobs and runs them, until it is killed: `appThatQueues.ts <folder> <jobs to accept>`. It prints
 * the id of a job once its acceptance was told, and `idle` when it has nothing left to do.
 */
import { FakeSettings } from './fakeSettings.ts'
import { openJobQueueFixture, runRights } from './jobQueueFixture.ts'
import { ScriptedEngine } from './scriptedEngine.ts'

const [directory = '', count = '0'] = process.argv.slice(2)
const people = ['annaannaannaanna', 'bertbertbertbert']
const engine = new ScriptedEngine()
engine.boot = `boot-${process.pid}`
const { jobs } = await openJobQueueFixture({
  directory,
  settings: new FakeSettings(),
  rights: {
    find: () => Promise.resolve(runRights('administrator', true)),
    onChange: () => () => undefined,
  },
})
engine.attachTo(jobs)
await jobs.engineReady()

setInterval(() => {
  if (engine.running !== undefined) engine.end()
  else if (engine.pending.length > 0) engine.begin()
  for (const job of jobs.list()) {
    if (job.status.heldBecause === 'suspect') void jobs.forgive(job.accountId).then(() => jobs.release(job))
  }
}, 3)

for (let sent = 0; sent < Number(count); sent += 1) {
  while (jobs.list().length > 50) await new Promise((resolve) => setTimeout(resolve, 5))
  const { id } = await jobs.accept({
    accountId: people[sent % people.length] ?? '',
    role: 'administrator',
    wantedId: undefined,
    clientId: undefined,
    nodes: new Map(),
    extraData: new Map(),
    targets: undefined,
    place: { front: false, number: undefined },
    outputs: '[]',
  })
  process.stdout.write(`${id}\n`)
}
setInterval(() => {
  if (jobs.list().length === 0) process.stdout.write('idle\n')
}, 20)
