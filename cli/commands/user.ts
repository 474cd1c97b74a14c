import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Account } from '../../proxy/accounts/account.ts'
import { generatePassword } from '../../proxy/accounts/generatePassword.ts'
import { roles } from '../../proxy/contract/accounts.ts'
import type { RoleId, User } from '../../proxy/contract/accounts.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { roleIdSchema } from '../../proxy/contract/roleRules.ts'
import { isBuiltIn } from '../../proxy/contract/roles.ts'
import { toInvitationLink } from '../../proxy/contract/invitations.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { findLockHolder } from '../../proxy/database/lockFile.ts'
import { UsageError } from '../commandContext.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseOptions } from '../parseOptions.ts'
import { formatTable } from '../table.ts'
import { withNewStores, withStores } from '../withStores.ts'

type Action = (argv: readonly string[], context: CommandContext) => Promise<void>

const toUser = ({ id, name, role }: Account): User => ({ id, name, role })

function parseRole(text: string | undefined): RoleId {
  const parsed = roleIdSchema.safeParse(text)
  if (!parsed.success)
    throw new UsageError(`A role is one of ${roles.join(', ')}, or one of yours: gatehouse role list.`)
  return parsed.data
}

/** The password is the whole of stdin without the line end that `echo` adds. */
async function readPassword(context: CommandContext): Promise<string> {
  const password = (await context.readStdin()).replace(/\r?\n$/, '')
  if (password === '') throw new UsageError('There was no password on stdin.')
  return password
}

const report = (context: CommandContext, account: Account, text: string): void =>
  context.print(context.json ? JSON.stringify(toUser(account)) : text)

const add: Action = async (argv, context) => {
  const { values, positionals } = parseOptions(
    argv,
    { role: 'string', 'password-stdin': 'boolean', invite: 'boolean', address: 'string' },
    ['NAME'],
  )
  const [name = ''] = positionals
  const role = parseRole(values.role)
  if (values.invite === true) {
    if (values['password-stdin'] === true) throw new UsageError('Either --invite or --password-stdin.')
    await invite({ name, role, address: values.address }, context)
    return
  }
  if (values['password-stdin'] !== true) {
    throw new UsageError('Give the password with --password-stdin, or make a link with --invite.')
  }
  const password = await readPassword(context)
  // Roles of one's own are there only where something is there already.
  const open = isBuiltIn(role) ? withNewStores : withStores
  await open(context, async (stores) => {
    const passwordHash = await stores.passwords.hashNew(name, password)
    const account = await stores.accounts.create({ name, role, passwordHash }, commandLine)
    report(context, account, `${account.name} can sign in as ${account.role}.`)
  })
}

/** The link, once, alone on stdout; nobody is added before somebody uses it. */
async function invite(
  { name, role, address }: { readonly name: string; readonly role: RoleId; readonly address: string | undefined },
  context: CommandContext,
): Promise<void> {
  const url = findAddress(address, context.dataDirectory)
  const open = isBuiltIn(role) && address !== undefined ? withNewStores : withStores
  await open(context, async (stores) => {
    const { invitation, token } = await stores.invitations.invite({ name, role }, commandLine)
    const link = toInvitationLink(url, token)
    const expiresAt = new Date(invitation.expiresAtMs).toISOString()
    context.print(context.json ? JSON.stringify({ id: invitation.id, name, role, link, expiresAt }) : link)
  })
}

/** Where the invited person's device finds this computer: as was said, or as the gate that runs is shared. */
function findAddress(address: string | undefined, dataDirectory: string): string {
  if (address !== undefined) return parseAddress(address)
  const holder = findLockHolder(dataDirectory)
  if (typeof holder?.sharedUrl === 'string') return holder.sharedUrl
  const why = holder === undefined ? 'Gatehouse does not run with this data folder' : 'Gatehouse is not shared'
  const how = 'Share it ("gatehouse serve --host ADDR", or the switch in its window)'
  const otherwise = 'or name the address with --address http://NAME:PORT.'
  throw new GateError('BAD_REQUEST', `${why}, so no device could open the link. ${how}, ${otherwise}`)
}

function parseAddress(text: string): string {
  try {
    const { protocol, origin } = new URL(text)
    if (protocol === 'http:' || protocol === 'https:') return `${origin}/`
  } catch {
    // Said below.
  }
  throw new UsageError('An address is written as http://NAME:PORT or https://NAME:PORT.')
}

const list: Action = async (argv, context) => {
  parseOptions(argv, {}, [])
  await withStores(context, async (stores) => {
    const accounts = await stores.accounts.list()
    if (context.json) {
      context.print(JSON.stringify(accounts.map(toUser)))
      return
    }
    const rows = accounts.map((account) => [
      account.name,
      account.role,
      describeState(account),
      account.lastSeenAtMs === null ? 'never' : new Date(account.lastSeenAtMs).toISOString(),
    ])
    context.print(rows.length === 0 ? 'Nobody yet.' : formatTable(['NAME', 'ROLE', 'STATE', 'LAST SEEN'], rows))
  })
}

const describeState = ({ disabled, guestAddress, expiresAtMs, hasPassword }: Account): string => {
  if (guestAddress !== null && expiresAtMs !== null) return `guest until ${new Date(expiresAtMs).toISOString()}`
  if (guestAddress !== null) return 'guest'
  return disabled ? 'disabled' : hasPassword ? 'can sign in' : 'has no password'
}

const change =
  (change: { disabled?: boolean }, done: string): Action =>
  async (argv, context) => {
    const [name = ''] = parseOptions(argv, {}, ['NAME']).positionals
    await withStores(context, async (stores) => {
      const { id } = await stores.accounts.getByName(name)
      const account = await stores.accounts.update(id, change, commandLine)
      report(context, account, `${account.name} ${done}.`)
    })
  }

const setRole: Action = async (argv, context) => {
  const [name = '', role] = parseOptions(argv, {}, ['NAME', 'ROLE']).positionals
  const parsed = parseRole(role)
  await withStores(context, async (stores) => {
    const { id } = await stores.accounts.getByName(name)
    const account = await stores.accounts.update(id, { role: parsed }, commandLine)
    report(context, account, `${account.name} is ${account.role} now.`)
  })
}

const remove: Action = async (argv, context) => {
  const [name = ''] = parseOptions(argv, {}, ['NAME']).positionals
  await withStores(context, async (stores) => {
    const account = await stores.accounts.getByName(name)
    await stores.accounts.remove(account.id, commandLine)
    const isGuest = account.guestAddress !== null
    const files = isGuest ? ' What they made is deleted while Gatehouse runs.' : ''
    report(context, account, `${account.name} was removed, with keys and sessions.${files}`)
  })
}

/** Without --password-stdin a password is made up and printed, once. */
const resetPassword: Action = async (argv, context) => {
  const { values, positionals } = parseOptions(argv, { 'password-stdin': 'boolean' }, ['NAME'])
  const [name = ''] = positionals
  const given = values['password-stdin'] === true ? await readPassword(context) : undefined
  await withStores(context, async (stores) => {
    const account = await stores.accounts.getByName(name)
    const password = given ?? generatePassword(systemRandom)
    await stores.passwords.set(account.id, password, commandLine)
    if (given !== undefined)
      report(context, account, `${account.name} has a new password; every device was signed out.`)
    else context.print(context.json ? JSON.stringify({ ...toUser(account), password }) : password)
  })
}

const actions: Readonly<Record<string, Action>> = {
  add,
  list,
  disable: change({ disabled: true }, 'is disabled and signed out'),
  enable: change({ disabled: false }, 'may come in again'),
  remove,
  'set-role': setRole,
  'reset-password': resetPassword,
}

/** `gatehouse user …` */
export const userCommand: Command = {
  about:
    'People: adds them, turns them away, changes their role, gives a new password. --invite prints a link with which somebody chooses a password.',
  usage: [
    `user add NAME --role ${roles.join('|')} (--password-stdin | --invite [--address URL])`,
    'user list | disable NAME | enable NAME | remove NAME | set-role NAME ROLE',
    'user reset-password NAME [--password-stdin]',
  ],
  run: async ([name = '', ...argv], context) => {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) throw new UsageError(name === '' ? 'user what?' : `There is no "user ${name}".`)
    await action(argv, context)
    return undefined
  },
}
