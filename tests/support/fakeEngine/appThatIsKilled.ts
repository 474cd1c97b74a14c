// An app that starts an engine and is then killed: prints the state as JSON once the engine is ready, and waits.
import { fakePlan, quick } from './fakeEngine.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { systemClock } from '../../../proxy/core/clock.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { Supervisor } from '../../../launcher/supervisor.ts'

const [, , directory = '', pidFilePath = ''] = process.argv
const base = { clock: systemClock, random: systemRandom, logger: silentLogger, platform: process.platform }
const supervisor = new Supervisor({ ...base, pidFilePath, ...quick })
supervisor.onStateChange((state) => {
  if (state.kind === 'ready') process.stdout.write(`${JSON.stringify(state)}\n`)
})
supervisor.setLaunch(fakePlan(directory))
await supervisor.start()
setInterval(() => undefined, 1_000)
