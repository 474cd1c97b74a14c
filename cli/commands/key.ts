import { z } from 'zod'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { apiKeyLength } from '../../proxy/accounts/apiKeyText.ts'
import { checkHolderScopes } from '../../proxy/accounts/keyScopes.ts'
import { createKeySchema, defaultScopes, scopes, scopeSchema } from '../../proxy/contract/keys.ts'
import type { Scope } from '../../proxy/contract/keys.ts'
import { UsageError } from '../commandContext.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseDuration } from '../duration.ts'
import { parseOptions } from '../parseOptions.ts'
import { formatTable } from '../table.ts'
import { withStores } from '../withStores.ts'

type Action = (argv: readonly string[], context: CommandContext) => Promise<void>

function parseScopes(text: string | undefined): readonly Scope[] {
  if (text === undefined) return defaultScopes
  const parsed = z
    .array(scopeSchema)
    .min(1)
    .safeParse(text.split(',').map((scope) => scope.trim()))
  if (!parsed.success) throw new UsageError(`Scopes are a list of ${scopes.join(', ')}, with commas.`)
  return parsed.data
}

function parseLabel(text: string | undefined): string {
  if (text === undefined) throw new UsageError('--name LABEL is missing.')
  const parsed = createKeySchema.shape.name.safeParse(text)
  if (!parsed.success) throw new UsageError(parsed.error.issues[0]?.message ?? 'This label does not fit.')
  return parsed.data
}

const create: Action = async (argv, context) => {
  const types = { user: 'string', name: 'string', expires: 'string', scopes: 'string' } as const
  const { values } = parseOptions(argv, types, [])
  if (values.user === undefined) throw new UsageError('--user NAME is missing.')
  const userName = values.user
  const name = parseLabel(values.name)
  const wanted = parseScopes(values.scopes)
  const lifetimeMs = parseDuration(values.expires ?? '90d')
  await withStores(context, async (stores) => {
    const account = await stores.accounts.getByName(userName)
    checkHolderScopes(wanted, account)
    const { text, record } = await stores.keys.create(
      {
        accountId: account.id,
        name,
        scopes: wanted,
        expiresAtMs: lifetimeMs === null ? null : context.nowMs() + lifetimeMs,
      },
      commandLine,
    )
    context.print(context.json ? JSON.stringify({ id: record.id, key: text }) : text)
  })
}

const toIso = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString())

const list: Action = async (argv, context) => {
  const { values } = parseOptions(argv, { user: 'string' }, [])
  const userName = values.user
  await withStores(context, async (stores) => {
    const accountId = userName === undefined ? undefined : (await stores.accounts.getByName(userName)).id
    const names = new Map((await stores.accounts.list()).map((account) => [account.id, account.name]))
    const keys = (await stores.keys.list(accountId)).map((key) => ({
      id: key.id,
      name: key.name,
      user: names.get(key.accountId) ?? '',
      scopes: key.scopes,
      expiresAt: toIso(key.expiresAtMs),
      lastUsedAt: toIso(key.lastUsedAtMs),
    }))
    if (context.json) {
      context.print(JSON.stringify(keys))
      return
    }
    const rows = keys.map((key) => [
      key.id,
      key.name,
      key.user,
      key.scopes.join(','),
      key.expiresAt ?? 'never',
      key.lastUsedAt ?? 'never',
    ])
    context.print(
      rows.length === 0 ? 'No keys.' : formatTable(['ID', 'NAME', 'USER', 'SCOPES', 'EXPIRES', 'LAST USED'], rows),
    )
  })
}

const revoke: Action = async (argv, context) => {
  const [id = ''] = parseOptions(argv, {}, ['ID']).positionals
  // Whoever pastes the key itself has shown it to every process that lists processes.
  if (id.length >= apiKeyLength) throw new UsageError('Give the id of the key (see "key list"), not the key itself.')
  await withStores(context, async (stores) => {
    const key = id.startsWith('gh_') ? id.slice(3, 15) : id
    await stores.keys.revoke(key, commandLine)
    context.print(context.json ? JSON.stringify({ id: key }) : `The key ${key} no longer works.`)
  })
}

const actions: Readonly<Record<string, Action>> = { create, list, revoke }

/** `gatehouse key …` */
export const keyCommand: Command = {
  about: 'Keys for programs. A key is printed once, and ends after 90 days unless said otherwise.',
  usage: [
    'key create --user NAME --name LABEL [--expires 90d|never] [--scopes run,read]',
    'key list [--user NAME] | revoke ID',
  ],
  run: async ([name = '', ...argv], context) => {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) throw new UsageError(name === '' ? 'key what?' : `There is no "key ${name}".`)
    await action(argv, context)
    return undefined
  },
}
