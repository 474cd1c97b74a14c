import { parseArgs } from 'node:util'

export const groups = ['small', 'engine', 'bodies', 'sockets', 'signIn', 'sizes', 'memory'] as const
export type Group = (typeof groups)[number]

/** How long and how often things are measured. */
export interface Options {
  readonly quick: boolean
  readonly repeats: number
  /** One measurement of requests or messages, in whole seconds (wrk takes no others). */
  readonly seconds: number
  /** Before the first load and before the idle memory is read. */
  readonly settleMs: number
  /** After the last load, before the memory is read: Gatehouse gives memory back after a quiet minute. */
  readonly settleAfterMs: number
  readonly bodyBytes: number
  readonly socketClients: number
  readonly groups: readonly Group[]
  readonly seed: number
  /** Whether docs/performance.md and docs/performance.json are written. */
  readonly write: boolean
  /** Where the gate writes a V8 profile when it ends. */
  readonly profileDirectory: string | undefined
  /** The whole run is ended after this. */
  readonly deadlineMs: number
}

export const usage = `npm run bench -- [--quick] [--repeats N] [--only ${groups.join(',')}] [--seed N] [--write|--no-write] [--profile DIR]
  --quick       two repeats of a second each: to try it, not to quote it; writes nothing unless --write
  COMFYUI_DIR   a ComfyUI folder: /queue is measured against it instead of the practice engine (COMFYUI_PYTHON optional)`

/** undefined: the usage is asked for. @throws TypeError in words for wrong usage */
export function parseOptions(argv: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      repeats: { type: 'string' },
      only: { type: 'string' },
      seed: { type: 'string' },
      write: { type: 'boolean' },
      'no-write': { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  })
  if (values.help) return undefined
  const { quick } = values
  const chosen = values.only?.split(',') ?? groups
  const known = groups.filter((group) => chosen.includes(group))
  if (known.length !== chosen.length) throw new TypeError(`--only takes ${groups.join(', ')}.`)
  return {
    quick,
    repeats: toCount('--repeats', values.repeats, quick ? 2 : 7),
    seconds: quick ? 1 : 3,
    settleMs: quick ? 2_000 : 10_000,
    settleAfterMs: quick ? 2_000 : 75_000,
    bodyBytes: 100_000_000,
    socketClients: 20,
    groups: known,
    seed: toCount('--seed', values.seed, Date.now() % 1_000_000),
    write: values.write ?? (!quick && values.only === undefined && !values['no-write']),
    profileDirectory: values.profile,
    deadlineMs: quick ? 10 * 60_000 : 45 * 60_000,
  }
}

function toCount(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const count = Number(text)
  if (!/^\d{1,9}$/.test(text) || count < 1) throw new TypeError(`${name} takes a number from 1 on.`)
  return count
}
