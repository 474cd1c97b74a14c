import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { systemClock } from '../../proxy/core/clock.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { isEngineSecret } from './http/secretCheck.ts'
import { startPracticeEngine } from './practiceEngine.ts'

const USAGE = 'practiceEngine --port N --base-directory DIR [--frontend DIR] [--exit-with-parent]'

/** Ends the process with one line about why. */
function refuse(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string' },
        'base-directory': { type: 'string' },
        frontend: { type: 'string' },
        'exit-with-parent': { type: 'boolean' },
      },
    })
    return values
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : 'bad arguments'}\n${USAGE}`)
  }
}

/** Whoever attacks the gate on purpose reads here what came through: at once, so that nothing is missed. */
const openWitness = (file: string | undefined) =>
  file === undefined
    ? undefined
    : (method: string, target: string): void => appendFileSync(file, `${method} ${target}\n`, { mode: 0o600 })

async function main(): Promise<void> {
  const options = readOptions()
  const port = Number(options.port)
  const baseDirectory = options['base-directory']
  if (!/^\d{1,5}$/.test(options.port ?? '') || port > 65535 || baseDirectory === undefined) refuse(USAGE)
  const secret = process.env['GATEHOUSE_SECRET'] ?? ''
  if (!isEngineSecret(secret)) refuse('GATEHOUSE_SECRET must hold 64 lower-case hex digits.')
  // Nothing that this process starts needs to know it.
  delete process.env['GATEHOUSE_SECRET']
  const engine = await startPracticeEngine({
    port,
    baseDirectory,
    frontendDirectory: options.frontend,
    secret,
    clock: systemClock,
    random: systemRandom,
    writeLog: (text) => process.stderr.write(text),
    witness: openWitness(process.env['GATEHOUSE_WITNESS']),
  })
  let isStopping = false
  const stop = (): void => {
    if (isStopping) return
    isStopping = true
    engine.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  if (options['exit-with-parent']) process.stdin.on('end', stop).on('error', stop).resume()
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'the engine could not start'}\n`)
  process.exit(1)
})
