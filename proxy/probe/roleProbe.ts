import { z } from 'zod'
import { GateError } from '../contract/errorCodes.ts'
import type { EngineRoute } from '../contract/nodes.ts'
import type { ProbeMismatch, ProbeResult } from '../contract/reach.ts'
import type { Clock } from '../core/clock.ts'
import type { MadeUpFolders } from './madeUpFolders.ts'
import type { MadeUpPeople, MadeUpPerson, ProbedRole } from './madeUpPeople.ts'
import { createProbeClient } from './probeClient.ts'
import type { ProbeClient } from './probeClient.ts'
import { planProbe } from './probePlan.ts'
import type { ProbeRequest } from './probePlan.ts'

/** What a try is made with. */
export interface ProbeSurroundings {
  /** Of the people's listener on this computer; undefined: it is not open. */
  readonly port: () => number | undefined
  /** The engine's addresses; undefined: it has not said. */
  readonly routes: () => Promise<readonly (EngineRoute & { readonly isNew: boolean })[] | undefined>
  /** Model files by kind, whoever may see them. */
  readonly models: () => Promise<readonly { readonly folder: string; readonly names: readonly string[] }[]>
  readonly managerFromOtherDevices: () => boolean
  /** Whether the listener answers nothing without TLS; left out: it does. */
  readonly isForced?: () => boolean
}

export interface RoleProbeParts {
  readonly clock: Clock
  readonly madeUp: MadeUpPeople
  readonly folders: MadeUpFolders
  readonly surroundings: ProbeSurroundings
  /** The most that a try takes; 10 s when left out. */
  readonly limitMs?: number
}

const LIMIT_MS = 10_000
const AT_ONCE = 4
const MAX_MISMATCHES = 1000
const namesSchema = z.array(z.string())

/** Lets somebody made up ask for everything, and compares the answers with what was decided. */
export class RoleProbe {
  readonly #parts: RoleProbeParts

  constructor(parts: RoleProbeParts) {
    this.#parts = parts
  }

  /** Of a try that ended with the program. */
  async clearAway(): Promise<void> {
    await this.#parts.folders.removeAll()
  }

  /** @throws GateError ALREADY_RUNNING, or ENGINE_UNAVAILABLE while the people's address is not open */
  async run(role: ProbedRole): Promise<ProbeResult> {
    const { madeUp, folders, surroundings } = this.#parts
    const port = surroundings.port()
    if (port === undefined) {
      throw new GateError('ENGINE_UNAVAILABLE', 'The address for people is not open, so nothing can be tried out.')
    }
    const person = madeUp.make(role)
    const client = createProbeClient(port, person.token, surroundings.isForced?.() === true)
    try {
      return await this.#ask(person, client)
    } finally {
      client.close()
      madeUp.end()
      await folders.removeAll()
    }
  }

  async #ask(person: MadeUpPerson, client: ProbeClient): Promise<ProbeResult> {
    const { clock, surroundings } = this.#parts
    const begin = clock.nowMs()
    const isLate = (): boolean => clock.nowMs() - begin > (this.#parts.limitMs ?? LIMIT_MS)
    const routes = await surroundings.routes()
    const managerFromOtherDevices = surroundings.managerFromOtherDevices()
    const plan = planProbe(person.principal, routes ?? [], { managerFromOtherDevices })
    const asked = await askAll(plan.sent, client, isLate)
    const wrongModels = routes === undefined || isLate() ? [] : await this.#compareModels(person, client)
    const wrong = asked.filter(({ request, seen }) => !isAsDecided(request, seen))
    const right = asked.filter(({ request, seen }) => isAsDecided(request, seen))
    return {
      refused: right.filter(({ request }) => request.expected !== null).length,
      let: right.filter(({ request }) => request.expected === null).length,
      notSent: plan.notSent.length,
      left: plan.sent.length - asked.length,
      mismatches: wrong.slice(0, MAX_MISMATCHES).map(({ request, seen }) => ({ ...request, seen })),
      wrongModels,
      unseenRoutes: (routes ?? [])
        .filter(({ isNew }) => isNew)
        .map(({ method, path, pack }) => ({ method, path, pack })),
      tookMs: clock.nowMs() - begin,
    }
  }

  /** Whether the engine shows exactly the files that the rules leave. */
  async #compareModels({ principal, role }: MadeUpPerson, client: ProbeClient): Promise<ProbeResult['wrongModels']> {
    if (!principal.permissions.has('canvas')) return []
    const wrong: ProbeResult['wrongModels'] = []
    for (const { folder, names } of await this.#parts.surroundings.models()) {
      const answer = await client.ask('GET', `/models/${encodeURIComponent(folder)}`)
      const shown = new Set(readNames(answer?.body).map(toSlashes))
      const limit = role.id === 'administrator' ? undefined : role.models[folder]
      const right = new Set(names.map(toSlashes).filter((name) => limit === undefined || limit.includes(name)))
      const differing = [...shown, ...right].filter((name) => !(shown.has(name) && right.has(name)))
      if (differing.length > 0) wrong.push({ folder, names: [...new Set(differing)] })
    }
    return wrong
  }
}

/** On Windows the engine writes the names of files in subfolders with the other slash. */
const toSlashes = (name: string): string => name.replaceAll('\\', '/')

function readNames(body: string | undefined): readonly string[] {
  try {
    return namesSchema.parse(JSON.parse(body ?? ''))
  } catch {
    // No list: then nothing was shown, and the comparison says so.
    return []
  }
}

interface Asked {
  readonly request: ProbeRequest
  readonly seen: ProbeMismatch['seen']
}

async function askAll(
  requests: readonly ProbeRequest[],
  client: ProbeClient,
  isLate: () => boolean,
): Promise<readonly Asked[]> {
  const asked: Asked[] = []
  const rest = requests.values()
  const askNext = async (): Promise<void> => {
    for (const request of rest) {
      if (isLate()) return
      const answer = await client.ask(request.method, request.path)
      asked.push({ request, seen: answer?.status ?? null })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, askNext))
  return asked
}

/** What somebody whom nothing is refused to does not see; 500 is a fault of ours. */
const REFUSED = [401, 403, 500]

/** A job or a file that is not there is no refusal; that ComfyUI is stopped is none either. */
const isAsDecided = ({ expected }: ProbeRequest, seen: number | null): boolean =>
  expected === null ? seen !== null && !REFUSED.includes(seen) : seen === expected
