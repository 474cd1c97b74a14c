import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { Lockout } from '../../accounts/lockouts.ts'
import type { Session } from '../../accounts/sessionStore.ts'
import type { Stores } from '../../accounts/stores.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { lockoutIdSchema, lockoutSchema } from '../../contract/lockouts.ts'
import type { LockoutAnswer } from '../../contract/lockouts.ts'
import { isLoopbackAddress } from '../../core/addresses.ts'
import { containsKey, findNetwork, toAddressKey } from '../../network/ipNetwork.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, noContent } from '../router.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/lockouts',
  summary: 'Who has to wait or is blocked after wrong passwords, the latest first',
  request: { query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(lockoutSchema), 'Pauses and blocks'), ...commonRefusals },
})

const liftRoute = createRoute({
  method: 'delete',
  path: '/lockouts/{id}',
  summary: 'Let it try again at once; what waits of the people tried from an address is lifted with it',
  request: { params: z.object({ id: lockoutIdSchema }) },
  responses: { 204: noContent, ...commonRefusals },
})

/** Pauses and blocks after wrong passwords, for administrators. */
export function createLockoutsResource({ stores, clock }: OwnApplicationDependencies) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      requireAdminister(c.env.context)
      const page = toPage(stores.lockouts.list().filter(isTold), c.req.valid('query'))
      const around = await readSurroundings(stores)
      return c.json({ ...page, items: page.items.map((one) => describe(one, around, clock.nowMs())) }, 200)
    })
    .openapi(liftRoute, async (c) => {
      const principal = requireAdminister(c.env.context)
      const by = toActedBy(principal, c.env.context.clientAddress)
      const lifted = await stores.lockouts.lift(c.req.valid('param').id, by)
      if (lifted === undefined) throw new GateError('NOT_FOUND', 'Nothing waits here any more.')
      return c.body(null, 204)
    })
}

/** A name that nobody has waits as well, so that it answers like others; there is nothing in it to tell or lift. */
const isTold = ({ kind, tried }: Lockout): boolean => kind !== 'account' || tried.some((id) => id !== '')

interface Surroundings {
  readonly names: ReadonlyMap<string, string>
  readonly isHome: (address: string) => boolean
  readonly isKeptOut: (address: string) => boolean
  /** The sessions of a lockout's address, or of whose name or browser it is. */
  readonly sessionsOf: (lockout: Lockout) => readonly Session[]
}

async function readSurroundings(stores: Stores): Promise<Surroundings> {
  const [accounts, sessions] = await Promise.all([stores.accounts.list(), stores.sessions.list()])
  const names = new Map(accounts.map(({ id, name }) => [id, name]))
  return {
    names,
    isHome: (address) => stores.addressRules.isHome(address),
    isKeptOut: (address) => stores.addressRules.decideClient(address) !== 'allowed',
    sessionsOf: ({ cidr, tried }) => {
      const network = cidr === undefined ? undefined : findNetwork(cidr)
      return sessions.filter(({ address, accountId, surface }) => {
        if (surface === 'owner') return false
        if (network === undefined) return tried.includes(accountId)
        const key = toAddressKey(address)
        return key !== undefined && containsKey(network, key)
      })
    },
  }
}

/** A pause counts what was wrong within so long. */
const SHORTLY_MS = 30 * 60_000

function findCameIn({ lastFailureMs = Infinity }: Lockout, sessions: readonly Session[]): Session | undefined {
  return sessions
    .filter(({ createdAtMs }) => createdAtMs >= lastFailureMs - SHORTLY_MS)
    .sort((one, other) => other.createdAtMs - one.createdAtMs)[0]
}

function describe(lockout: Lockout, around: Surroundings, nowMs: number): LockoutAnswer {
  const { names, isHome, isKeptOut } = around
  const { id, kind, cidr, device, failures, lastFailureMs, waitsUntilMs, tried, rule } = lockout
  const [address = ''] = cidr?.split('/') ?? []
  const sessions = around.sessionsOf(lockout)
  const cameIn = findCameIn(lockout, sessions)
  const [known] = sessions
  const place = isLoopbackAddress(address) ? 'thisComputer' : isHome(address) ? 'home' : 'outside'
  return {
    id,
    kind,
    state: rule !== undefined ? 'blocked' : waitsUntilMs > nowMs ? 'waits' : 'over',
    address: cidr === undefined ? null : cidr.replace(/\/(?:32|128)$/, ''),
    place: cidr === undefined ? null : place,
    device: device === 'Unknown device' ? '' : device,
    knownAs: cidr === undefined ? null : known === undefined ? null : (names.get(known.accountId) ?? null),
    people: tried.flatMap((accountId) => {
      const name = names.get(accountId)
      return name === undefined ? [] : { id: accountId, name }
    }),
    unknownNames: tried.includes(''),
    failures,
    lastAt: lastFailureMs === undefined ? null : new Date(lastFailureMs).toISOString(),
    waitsUntil: waitsUntilMs > nowMs ? new Date(waitsUntilMs).toISOString() : null,
    keptOut: cidr !== undefined && isKeptOut(address),
    cameIn:
      cameIn === undefined
        ? null
        : { name: names.get(cameIn.accountId) ?? 'Somebody', at: new Date(cameIn.createdAtMs).toISOString() },
  }
}
