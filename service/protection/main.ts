import { createInterface } from 'node:readline'
import { systemClock } from '../../proxy/core/clock.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { askedSchema } from './messages.ts'
import type { Told } from './messages.ts'
import { runProtection } from './runProtection.ts'

/*
 * The process in which the gate that people use has itself checked: attacks need memory and a loop of their own, and
 * what they break is gone with it. Asked by one line on stdin; its end, and with it the gate's, ends this.
 */

const tell = (told: Told): void => void process.stdout.write(`${JSON.stringify(told)}\n`)

async function main(): Promise<void> {
  const ending = new AbortController()
  const lines = createInterface({ input: process.stdin })
  lines.once('close', () => ending.abort())
  const text = await new Promise<string>((resolve) => lines.once('line', resolve))
  const { paths, running } = askedSchema.parse(JSON.parse(text))
  const report = await runProtection({
    clock: systemClock,
    random: systemRandom,
    platform: process.platform,
    paths,
    running,
    // Electron run as node starts its children so, too.
    nodeCommand: { file: process.execPath, args: [], env: asNode() },
    onProgress: (done, total) => tell({ kind: 'progress', done, total }),
    signal: ending.signal,
  })
  tell({ kind: 'report', report })
}

const asNode = (): Record<string, string> =>
  process.env['ELECTRON_RUN_AS_NODE'] === '1' ? { ELECTRON_RUN_AS_NODE: '1' } : {}

main().then(
  () => process.stdout.write('', () => process.exit(0)),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : 'the check could not be made'}\n`)
    process.exit(1)
  },
)
