import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { describeBytes, parseBytes } from '../../proxy/contract/byteWords.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import type { Folder } from '../../proxy/contract/folders.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { acquireLock, findLockHolder } from '../../proxy/database/lockFile.ts'
import type { FolderRulesChange } from '../../proxy/folders/folderRules.ts'
import { openFoldersOf, recordFilesOf } from '../../service/openFolders.ts'
import { UsageError } from '../commandContext.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseOptions } from '../parseOptions.ts'
import { cleanText, formatTable } from '../table.ts'
import { withStores } from '../withStores.ts'

type Action = (argv: readonly string[], context: CommandContext) => Promise<void>

const MIN_BYTES = 1024 ** 2
const MAX_DAYS = 3650
const MAX_PEOPLE = 100_000

const list: Action = async (argv, context) => {
  parseOptions(argv, {}, [])
  await withStores(context, async (stores) => {
    const folders = await openFoldersOf(stores).folders.list(0, MAX_PEOPLE)
    if (context.json) {
      context.print(JSON.stringify(folders))
      return
    }
    const rows = folders.map((folder) => [
      folder.user.name,
      folder.isComfyuisOwn ? "ComfyUI's own" : stateWords[folder.state],
      String(folder.files),
      `${describeBytes(folder.bytes + folder.inputBytes)}${folder.quotaBytes === null ? '' : ` of ${describeBytes(folder.quotaBytes)}`}`,
      folder.retentionDays === null ? 'for ever' : `${folder.retentionDays} days`,
      folder.path ?? '',
    ])
    context.print(
      rows.length === 0 ? 'Nobody yet.' : formatTable(['NAME', 'STATE', 'FILES', 'SIZE', 'KEPT', 'FOLDER'], rows),
    )
    for (const { problem } of folders) if (problem !== null) context.complain(cleanText(problem))
  })
}

const stateWords: Readonly<Record<Folder['state'], string>> = {
  ready: 'ready',
  notMadeYet: 'not made yet',
  missing: 'missing',
  refused: 'refused',
}

const set: Action = async (argv, context) => {
  const [name = '', directory = ''] = parseOptions(argv, {}, ['NAME', 'DIR']).positionals
  await withStores(context, async (stores) => {
    const { id } = await stores.accounts.getByName(name)
    await aloneInFolder(stores, async () => {
      const { folders, userFolders } = openFoldersOf(stores)
      await folders.resume()
      // No job runs while this holds the data folder.
      folders.attach({ vacate: () => recordFilesOf(stores, userFolders) })
      const { path, left } = await folders.move(id, directory)
      const details = { of: id, name, to: path, left: left?.names ?? [] }
      stores.audit.record({ ...commandLine, event: 'folder.moved', details })
      if (context.json) context.print(JSON.stringify({ path, left: left ?? null }))
      else {
        context.print(`${name}'s results lie in ${cleanText(path)} now.`)
        if (left === undefined) return
        const names = left.names.map(cleanText).join(', ')
        context.print(`What no job made stays in ${cleanText(left.path)}: ${names}`)
      }
    })
  })
}

/** A gate that runs knows whose jobs must wait; so it moves, or nobody else does. */
async function aloneInFolder({ dataDirectory }: Stores, work: () => Promise<void>): Promise<void> {
  if (findLockHolder(dataDirectory) !== undefined) {
    throw new GateError('ALREADY_RUNNING', 'Gatehouse runs. Move the folder in its window, or end Gatehouse first.')
  }
  const lock = acquireLock({ directory: dataDirectory, clock: systemClock, random: systemRandom })
  try {
    await work()
  } finally {
    lock.release()
  }
}

const rule =
  (word: string, parse: (text: string) => FolderRulesChange): Action =>
  async (argv, context) => {
    const [name = '', text = ''] = parseOptions(argv, {}, ['NAME', word]).positionals
    const change = parse(text)
    await withStores(context, async (stores) => {
      const { id } = await stores.accounts.getByName(name)
      const folder = await openFoldersOf(stores).folders.change(id, change)
      const details = Object.fromEntries(Object.entries(change))
      stores.audit.record({ ...commandLine, event: 'folder.changed', details: { of: id, ...details } })
      context.print(context.json ? JSON.stringify(folder) : describeRules(folder))
    })
  }

const describeRules = ({ user, quotaBytes, retentionDays }: Folder): string => {
  const room = quotaBytes === null ? 'as much room as there is' : describeBytes(quotaBytes)
  const days = retentionDays === null ? 'stay for ever' : `are cleared away after ${retentionDays} days`
  return `${user.name} has ${room}; files ${days}.`
}

function parseQuota(text: string): FolderRulesChange {
  if (text === 'none') return { quotaBytes: null }
  if (text === 'default') return { quotaBytes: text }
  const bytes = parseBytes(text)
  if (bytes === undefined || bytes < MIN_BYTES)
    throw new UsageError('A quota is a size of at least 1MB, as in 50GB, or none, or default.')
  return { quotaBytes: bytes }
}

function parseRetention(text: string): FolderRulesChange {
  if (text === 'never') return { retentionDays: null }
  if (text === 'default') return { retentionDays: text }
  const days = Number(/^(\d{1,4})d?$/.exec(text)?.[1] ?? 0)
  if (days < 1 || days > MAX_DAYS) throw new UsageError('Files stay for 1d to 3650d, or they go never, or default.')
  return { retentionDays: days }
}

const actions: Readonly<Record<string, Action>> = {
  list,
  set,
  quota: rule('SIZE', parseQuota),
  retention: rule('DAYS', parseRetention),
}

/** `gatehouse folder …` */
export const folderCommand: Command = {
  about: 'Where each person’s pictures lie, how much room they have, and when old ones are cleared away.',
  usage: ['folder list | set NAME DIR', 'folder quota NAME 50GB|none|default | retention NAME 90d|never|default'],
  run: async ([name = '', ...argv], context) => {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) throw new UsageError(name === '' ? 'folder what?' : `There is no "folder ${name}".`)
    await action(argv, context)
    return undefined
  },
}
