import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, open, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { exportLog } from '../../proxy/audit/auditExport.ts'
import type { ExportFormat } from '../../proxy/audit/auditExport.ts'
import { findRows } from '../../proxy/audit/auditQuery.ts'
import type { AuditFilter } from '../../proxy/audit/auditQuery.ts'
import { describeRow } from '../../proxy/audit/describeRow.ts'
import { protectionWords, toAuditEntries, toCommonRow } from '../../proxy/contract/auditEntries.ts'
import type { AuditEntry } from '../../proxy/contract/auditEntries.ts'
import type { AuditRow } from '../../proxy/contract/auditLog.ts'
import { describeAuditRow } from '../../proxy/contract/auditSentences.ts'
import type { AuditNames } from '../../proxy/contract/auditSentences.ts'
import { describeVerdict } from '../../proxy/contract/auditWords.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { hasCode } from '../../proxy/core/systemErrors.ts'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { UsageError } from '../commandContext.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseDuration } from '../duration.ts'
import { parseOptions } from '../parseOptions.ts'
import { formatTable } from '../table.ts'
import { withStores } from '../withStores.ts'

type Action = (argv: readonly string[], context: CommandContext) => Promise<number | undefined>

/** Lines. */
const LISTED = 100
/** Rows that are read to fold them and to count the rest, at least. */
const LOOKED_AT = 50_000
const PAGE_ROWS = 500

const filterOptions = { since: 'string', user: 'string' } as const

/** `2h` or `7d` back from now, or a date. @throws UsageError */
function parseSince(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const atMs = Date.parse(text)
    if (Number.isFinite(atMs)) return atMs
    throw new UsageError(`"${text}" is no date: write 2026-11-23 or 2026-11-23T18:00.`)
  }
  const backMs = parseDuration(text)
  return backMs === null ? undefined : nowMs - backMs
}

/** Somebody who is gone has no account any more; the log still names who did what. */
async function toFilter(stores: Stores, user: string | undefined, fromMs: number | undefined): Promise<AuditFilter> {
  if (user === undefined) return { fromMs }
  const account = await stores.accounts.findByName(user)
  return account === undefined ? { fromMs, actorName: user } : { fromMs, accountId: account.id }
}

const list: Action = async (argv, context) => {
  const { values } = parseOptions(argv, { ...filterOptions, limit: 'string' }, [])
  const fromMs = parseSince(values.since, context.nowMs())
  const limit = parseLimit(values.limit)
  await withStores(context, async (stores) => {
    const filter = await toFilter(stores, values.user, fromMs)
    if (context.json) context.print(JSON.stringify((await readRows(stores, filter, limit)).rows))
    else
      context.print(toLines(await readRows(stores, filter, Math.max(limit, LOOKED_AT)), limit, await findNames(stores)))
  })
  return undefined
}

function parseLimit(text: string | undefined): number {
  if (text === undefined) return LISTED
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError('--limit is a number of lines.')
  return Number(text)
}

interface ReadRows {
  readonly rows: readonly AuditRow[]
  /** There are older ones. */
  readonly isCut: boolean
}

async function readRows(stores: Stores, filter: AuditFilter, limit: number): Promise<ReadRows> {
  const found: AuditRow[] = []
  let before: number | undefined
  do {
    const wanted = Math.min(PAGE_ROWS, limit - found.length)
    const { rows, nextBefore } = await findRows(stores.database.kysely, filter, { before, limit: wanted })
    found.push(...rows.map(describeRow))
    before = nextBefore
  } while (before !== undefined && found.length < limit)
  return { rows: found, isCut: before !== undefined }
}

async function findNames(stores: Stores): Promise<AuditNames> {
  const people = new Map((await stores.accounts.list()).map(({ id, name }) => [id, name]))
  const keys = new Map((await stores.keys.list()).map(({ id, name }) => [id, name]))
  return { person: (id) => people.get(id), key: (id) => keys.get(id) }
}

/** As the page Activity shows it: what is alike is one line. At the end, what is not shown. */
function toLines({ rows, isCut }: ReadRows, limit: number, names: AuditNames): string {
  if (rows.length === 0) return 'Nothing is in the log of that.'
  const entries = toAuditEntries(rows)
  const shown = entries.slice(0, limit)
  const table = formatTable(
    ['WHEN', 'TIMES', 'FROM', 'WHAT'],
    shown.map((entry) => toCells(entry, names)),
  )
  const rest = rows.length - shown.reduce((sum, entry) => sum + entry.rows.length, 0)
  if (rest === 0 && !isCut) return table
  const more = `${isCut ? 'more than ' : ''}${rest.toLocaleString('en-US')} older ${rest === 1 ? 'row is' : 'rows are'}`
  return `${table}\n\nThis is not all: ${more} not shown. --limit ${limit * 10} shows more lines, --since 2h a time, "audit export FILE.csv" all.`
}

function toCells(entry: AuditEntry, names: AuditNames): string[] {
  const { at, address } = entry.rows[0]
  const isProtection = entry.kind === 'protection'
  const what = isProtection ? protectionWords(entry) : describeAuditRow(toCommonRow(entry), names).text
  const times = entry.rows.length === 1 ? '' : entry.rows.length.toLocaleString('en-US')
  return [at, times, isProtection ? '' : (address ?? ''), what]
}

const toFormat = (file: string): ExportFormat => {
  const [, ending] = /\.(csv|json)$/i.exec(file) ?? []
  if (ending === undefined) throw new UsageError('FILE must end in .csv or .json.')
  return ending.toLowerCase() === 'csv' ? 'csv' : 'json'
}

const save: Action = async (argv, context) => {
  const { values, positionals } = parseOptions(argv, filterOptions, ['FILE'])
  const [name = ''] = positionals
  const format = toFormat(name)
  const file = resolve(name)
  const fromMs = parseSince(values.since, context.nowMs())
  if (existsSync(file)) throw isThere(file)
  await withStores(context, async (stores) => {
    stores.audit.record({ ...commandLine, event: 'log.exported', details: { format } })
    const mark = await stores.audit.mark()
    const filter = await toFilter(stores, values.user, fromMs)
    const options = { kysely: stores.database.kysely, filter, format, mark, nowMs: context.nowMs() }
    await writeNew(file, exportLog(options))
    const anchor = mark === undefined ? null : { seq: mark.seq, hmac: mark.hmac, count: mark.count }
    if (context.json) context.print(JSON.stringify({ file, anchor }))
    else context.print(`The log of what happened is in ${file}.`)
  })
  return undefined
}

const isThere = (file: string): GateError =>
  new GateError('ALREADY_EXISTS', `${file} is there already, and is not overwritten.`)

/** A file that appears whole or not at all, readable for this user only, and never in the place of another one. */
async function writeNew(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}.unfinished`
  try {
    const handle = await open(unfinished, 'wx', 0o600)
    try {
      for await (const piece of pieces) await handle.write(piece)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await putInPlace(unfinished, file)
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES', 'EPERM', 'ENOTDIR', 'EROFS')) {
      throw new GateError('VALIDATION_FAILED', `${file} cannot be written there.`, { cause: error })
    }
    throw error
  } finally {
    await rm(unfinished, { force: true })
  }
}

/** A link, unlike a renaming, fails where there is a file. */
async function putInPlace(unfinished: string, file: string): Promise<void> {
  try {
    await link(unfinished, file)
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw isThere(file)
    // File systems of memory cards and some network shares know no links.
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP')) throw error
    if (existsSync(file)) throw isThere(file)
    await rename(unfinished, file)
  }
}

const verify: Action = async (argv, context) => {
  parseOptions(argv, {}, [])
  let exitCode = 0
  await withStores(context, async (stores) => {
    const verdict = await stores.audit.verify()
    const words = describeVerdict(verdict)
    exitCode = verdict.kind === 'whole' ? 0 : 1
    if (context.json) context.print(JSON.stringify({ ...verdict, words }))
    else if (exitCode === 0) context.print(words)
    else context.complain(words)
  })
  return exitCode
}

const actions: Readonly<Record<string, Action>> = { list, export: save, verify }

/** `gatehouse audit …`: what happened, and whether somebody changed the list of it. */
export const auditCommand: Command = {
  about: 'The log of what happened: lists it, saves it as a file, checks whether somebody changed it.',
  usage: [
    'audit list [--since 7d|DATE] [--user NAME] [--limit N]      N lines, or with --json N rows; 100 when left out',
    'audit export FILE.csv|FILE.json [--since 7d|DATE] [--user NAME]',
    'audit verify      exit code 1 when somebody changed the log',
  ],
  run: async ([name = '', ...argv], context) => {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) throw new UsageError(name === '' ? 'audit what?' : `There is no "audit ${name}".`)
    return action(argv, context)
  },
}
