import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { createIpRuleSchema } from '../../proxy/contract/ipRules.ts'
import { parseNetwork, toAddressKey } from '../../proxy/network/ipNetwork.ts'
import type { IpRuleKind } from '../../proxy/network/ipRules.ts'
import type { StoredIpRule } from '../../proxy/network/ipRuleStore.ts'
import { UsageError } from '../commandContext.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseDuration } from '../duration.ts'
import { parseOptions } from '../parseOptions.ts'
import { formatTable } from '../table.ts'
import { withStores } from '../withStores.ts'

type Action = (argv: readonly string[], context: CommandContext) => Promise<void>

const describe = ({ id, kind, network, comment, source, expiresAtMs }: StoredIpRule) => ({
  id,
  kind,
  cidr: network.cidr,
  comment,
  source,
  expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
})

const add =
  (kind: IpRuleKind): Action =>
  async (argv, context) => {
    const { values, positionals } = parseOptions(argv, { comment: 'string', expires: 'string' }, ['CIDR'])
    const network = parseNetwork(positionals[0] ?? '')
    const comment = createIpRuleSchema.shape.comment.safeParse(values.comment)
    if (!comment.success) throw new UsageError(comment.error.issues[0]?.message ?? 'This comment does not fit.')
    const lifetimeMs = parseDuration(values.expires ?? 'never')
    const expiresAtMs = lifetimeMs === null ? null : context.nowMs() + lifetimeMs
    await withStores(context, async (stores) => {
      const rule = { kind, network, comment: comment.data, expiresAtMs, source: 'owner' } as const
      const made = describe(await stores.ipRules.add(rule, commandLine))
      context.print(context.json ? JSON.stringify(made) : describeAdded(made))
      warnOfThisComputer(stores, context)
    })
  }

function describeAdded({ kind, cidr, expiresAt }: ReturnType<typeof describe>): string {
  const until = expiresAt === null ? '' : ` until ${expiresAt}`
  return kind === 'allow' ? `Only what is allowed gets in${until}: ${cidr} does.` : `${cidr} does not get in${until}.`
}

/** Nobody is asked here, so it is said: programs of this computer come by the same way as everybody. */
function warnOfThisComputer({ ipRules }: Stores, context: CommandContext): void {
  const key = toAddressKey('127.0.0.1')
  if (context.json || (key !== undefined && ipRules.current().allows(key))) return
  context.complain(
    'This computer itself does not get in by these rules, ComfyUI’s page in the window neither. Undo: ip allow 127.0.0.0/8',
  )
}

const list: Action = async (argv, context) => {
  parseOptions(argv, {}, [])
  await withStores(context, ({ ipRules }) => {
    const rules = ipRules.list().map(describe)
    const rows = rules.map(({ kind, cidr, expiresAt, source, comment }) => [
      kind,
      cidr,
      expiresAt ?? 'never',
      source,
      comment,
    ])
    const table = (): string => formatTable(['RULE', 'ADDRESSES', 'ENDS', 'MADE BY', 'COMMENT'], rows)
    context.print(context.json ? JSON.stringify(rules) : rows.length === 0 ? 'No rules.' : table())
    return Promise.resolve()
  })
}

/** Whatever rules there are for exactly these addresses. */
const remove: Action = async (argv, context) => {
  const { cidr } = parseNetwork(parseOptions(argv, {}, ['CIDR']).positionals[0] ?? '')
  await withStores(context, async ({ ipRules, lockouts }) => {
    const found = ipRules.list().filter(({ network }) => network.cidr === cidr)
    if (found.length === 0) throw new GateError('NOT_FOUND', `There is no rule for ${cidr}.`)
    for (const rule of found) {
      await ipRules.remove(rule.id, commandLine)
      await lockouts.forgetAddressOf(rule)
    }
    context.print(context.json ? JSON.stringify(found.map(describe)) : `There is no rule for ${cidr} any more.`)
  })
}

const actions: Readonly<Record<string, Action>> = { allow: add('allow'), deny: add('deny'), list, remove }

/** `gatehouse ip …` */
export const ipCommand: Command = {
  about: 'Rules for addresses. While any rule allows, only what is allowed gets in; otherwise what is denied does not.',
  usage: ['ip allow|deny CIDR [--comment TEXT] [--expires 2h]', 'ip list | remove CIDR'],
  run: async ([name = '', ...argv], context) => {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) throw new UsageError(name === '' ? 'ip what?' : `There is no "ip ${name}".`)
    await action(argv, context)
    return undefined
  },
}
