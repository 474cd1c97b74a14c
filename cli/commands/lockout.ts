import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Lockout } from '../../proxy/accounts/lockouts.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { containsKey, findNetwork, toAddressKey } from '../../proxy/network/ipNetwork.ts'
import { UsageError } from '../commandContext.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseOptions } from '../parseOptions.ts'
import { formatTable } from '../table.ts'
import { withStores } from '../withStores.ts'

type Action = (argv: readonly string[], context: CommandContext) => Promise<void>

const readNames = async ({ accounts }: Stores): Promise<ReadonlyMap<string, string>> =>
  new Map((await accounts.list()).map(({ id, name }) => [id, name]))

const namesOf = ({ tried }: Lockout, names: ReadonlyMap<string, string>): string[] =>
  tried.map((id) => names.get(id) ?? 'unknown name')

const list: Action = async (argv, context) => {
  parseOptions(argv, {}, [])
  await withStores(context, async (stores) => {
    const names = await readNames(stores)
    const all = stores.lockouts.list().map((lockout) => {
      const { kind, cidr, failures, waitsUntilMs, rule } = lockout
      const isWaiting = waitsUntilMs > context.nowMs()
      return {
        kind,
        address: cidr ?? null,
        people: namesOf(lockout, names),
        failures,
        blocked: rule !== undefined,
        waitsUntil: isWaiting ? new Date(waitsUntilMs).toISOString() : null,
      }
    })
    const rows = all.map(({ kind, address, people, failures, blocked, waitsUntil }) => [
      address ?? (kind === 'device' ? 'a known browser' : 'any new browser'),
      people.join(', '),
      String(failures),
      blocked ? 'until it is lifted' : (waitsUntil ?? 'over'),
    ])
    const table = (): string => formatTable(['FROM', 'TRIED', 'WRONG', 'WAITS'], rows)
    context.print(context.json ? JSON.stringify(all) : rows.length === 0 ? 'Nobody waits or is blocked.' : table())
  })
}

/** By an address, or by the name of somebody whose sign-in waits. */
const lift: Action = async (argv, context) => {
  const [what = ''] = parseOptions(argv, {}, ['ADDRESS|NAME']).positionals
  await withStores(context, async (stores) => {
    const found = await findLockouts(stores, what)
    if (found.length === 0) throw new GateError('NOT_FOUND', `Nothing waits or is blocked for ${what}.`)
    for (const { id } of found) await stores.lockouts.lift(id, commandLine)
    context.print(context.json ? JSON.stringify({ lifted: found.length }) : `${what} may try again.`)
  })
}

async function findLockouts(stores: Stores, what: string): Promise<readonly Lockout[]> {
  const network = findNetwork(what)
  const all = stores.lockouts.list()
  if (network !== undefined) {
    return all.filter(({ cidr }) => {
      const of = cidr === undefined ? undefined : findNetwork(cidr)
      const key = toAddressKey(network.cidr.split('/')[0] ?? '')
      return of !== undefined && key !== undefined && (of.cidr === network.cidr || containsKey(of, key))
    })
  }
  const { id } = await stores.accounts.getByName(what)
  return all.filter(({ kind, tried }) => kind !== 'address' && tried.includes(id))
}

const actions: Readonly<Record<string, Action>> = { list, lift }

/** `gatehouse lockout …` */
export const lockoutCommand: Command = {
  about: 'Who has to wait or is blocked after wrong passwords; lift lets them try again at once.',
  usage: ['lockout list | lift ADDRESS|NAME'],
  run: async ([name = '', ...argv], context) => {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) throw new UsageError(name === '' ? 'lockout what?' : `There is no "lockout ${name}".`)
    await action(argv, context)
    return undefined
  },
}
