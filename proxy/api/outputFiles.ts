import type { FileHandle } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { GateError } from '../contract/errorCodes.ts'
import { idSource } from '../contract/ids.ts'
import { outputIdSchema } from '../contract/outputs.ts'
import { isShownInline } from '../outputs/fileKind.ts'
import type { OutputRow } from '../outputs/outputStore.ts'
import { AccountTurns } from '../pipeline/accountTurns.ts'
import { commonHeaders, inTurn, isKnown, savedAs, writeBytes } from './answerBytes.ts'
import type { Turn } from './answerBytes.ts'
import { parseRange } from './byteRange.ts'
import type { OwnApplicationDependencies } from './dependencies.ts'
import { apiPrefix } from './openapi.ts'
import { findOwnOutput } from './ownOutput.ts'
import { requirePermission } from './rights.ts'
import { toValidationRefusal } from './router.ts'
import type { ApiRouter } from './router.ts'
import { sendPieces } from './sendPieces.ts'

const PATH = new RegExp(`^${apiPrefix}/outputs/(${idSource})/(file|thumbnail|workflow)$`)

const fileQuerySchema = z.object({
  /** Saved instead of shown. */
  download: z.enum(['true', 'false']).optional(),
  /** `none`: pictures without workflow, place and camera, to be shared. */
  metadata: z.enum(['none', 'all']).optional(),
})
const thumbnailQuerySchema = z.object({ size: z.enum(['256', '512']).default('256') })

type Dependencies = Pick<OwnApplicationDependencies, 'outputs' | 'thumbnails' | 'pictureTexts'>

/** Pictures written anew, which lie in memory until they are sent: up to 128 MiB each. */
const CLEAN_TURNS = { perAccount: 2, overall: 16, maxWaiting: 32, waitMs: 60_000 }
/** Previews and workflows. */
const SMALL_TURNS = { perAccount: 16, overall: 512, maxWaiting: 256, waitMs: 60_000 }

interface Parts extends Dependencies {
  readonly cleanTurns: AccountTurns
  readonly smallTurns: AccountTurns
}

/**
 * Answers files, previews and workflows of recorded files: bytes, which the router would hold in memory. What it makes
 * gives undefined for every other path, and otherwise rejects with the refusal.
 */
export function createOutputFiles(dependencies: Dependencies): (turn: Turn) => Promise<void> | undefined {
  const turns = { cleanTurns: new AccountTurns(CLEAN_TURNS), smallTurns: new AccountTurns(SMALL_TURNS) }
  const { outputs, thumbnails, pictureTexts } = dependencies
  const parts: Parts = { outputs, thumbnails, pictureTexts, ...turns }
  return (turn) => {
    const [, id, what] = PATH.exec(turn.context.target.path) ?? []
    return id === undefined ? undefined : answerOne(turn, parts, id, what)
  }
}

async function answerOne(turn: Turn, parts: Parts, id: string, what: string | undefined): Promise<void> {
  const { context } = turn
  if (context.method !== 'GET' && context.method !== 'HEAD') {
    throw new GateError('METHOD_NOT_ALLOWED', 'This can only be read.', { details: { allow: ['GET', 'HEAD'] } })
  }
  const principal = requirePermission(context, 'outputs')
  const row = await findOwnOutput(parts.outputs, principal, id)
  const query = Object.fromEntries(new URLSearchParams(context.target.search))
  if (what === 'workflow') return writeWorkflow(turn, parts, row)
  if (what === 'thumbnail') return writeThumbnail(turn, parts, row, parse(thumbnailQuerySchema, query).size)
  const { download, metadata } = parse(fileQuerySchema, query)
  const isSaved = download === 'true'
  if (metadata === 'none') return writeClean(turn, parts, row, isSaved)
  return writeFile(turn, parts, row, isSaved)
}

function parse<Schema extends z.ZodType>(schema: Schema, query: unknown): z.infer<Schema> {
  const result = schema.safeParse(query)
  if (!result.success) throw toValidationRefusal(result.error.issues)
  return result.data
}

async function writeFile(turn: Turn, { outputs }: Parts, row: OutputRow, isSaved: boolean): Promise<void> {
  const opened = await outputs.open(row)
  const etag = `"${row.id}-${opened.changedAtMs.toString(36)}-${opened.bytes.toString(36)}"`
  const headers = { ...fileHeaders(row, isSaved), etag, 'accept-ranges': 'bytes' }
  await sendHandle(turn, opened.handle, opened.bytes, headers)
}

/** The handle is closed whatever happens. */
async function sendHandle(
  { incoming, outgoing, context }: Turn,
  handle: FileHandle,
  bytes: number,
  headers: Readonly<Record<string, string>> & { readonly etag: string },
): Promise<void> {
  try {
    if (isKnown(incoming, headers.etag)) {
      outgoing.writeHead(304, headers).end()
      return
    }
    const asked = isRangeStale(incoming, headers.etag) ? undefined : incoming.headers.range
    const range = parseRange(asked, bytes)
    if (range === 'unsatisfiable') {
      outgoing.writeHead(416, { ...headers, 'content-range': `bytes */${bytes}`, 'content-length': 0 }).end()
      return
    }
    const { start, end } = range ?? { start: 0, end: bytes - 1 }
    const partial = range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${bytes}` }
    outgoing.writeHead(range === undefined ? 200 : 206, { ...headers, ...partial, 'content-length': end - start + 1 })
    if (context.method === 'HEAD' || bytes === 0) outgoing.end()
    else await sendPieces(outgoing, handle.createReadStream({ start, end, autoClose: false }))
  } catch (error) {
    // The other side went away, or the file was cut short while it was sent: there is nobody left to tell.
    if (!outgoing.headersSent) throw error
    outgoing.destroy()
  } finally {
    await handle.close()
  }
}

/** The turn lasts until the picture is sent: so many lie in memory, however slowly they are taken. */
async function writeClean(turn: Turn, { outputs, thumbnails, cleanTurns }: Parts, row: OutputRow, isSaved: boolean) {
  await inTurn(cleanTurns, turn, requirePermission(turn.context, 'outputs'), async (asker) => {
    const picture = await thumbnails.withoutMetadata(asker, () => outputs.open(row))
    await writeBytes(turn, picture, fileHeaders(row, isSaved))
  })
}

async function writeThumbnail(
  turn: Turn,
  { outputs, thumbnails, smallTurns }: Parts,
  row: OutputRow,
  size: '256' | '512',
): Promise<void> {
  const etag = `"${row.id}-${size}-${row.made_at_ms.toString(36)}-${row.bytes.toString(36)}"`
  // Asked again each time: a removed file's preview is not shown from a browser's memory.
  const headers = { ...commonHeaders, etag, 'content-type': 'image/webp' }
  const isGone = row.removed_at_ms !== null
  if (!isGone && isKnown(turn.incoming, etag)) {
    turn.outgoing.writeHead(304, headers).end()
    return
  }
  await inTurn(smallTurns, turn, requirePermission(turn.context, 'outputs'), async (asker) => {
    const preview = await thumbnails.get(row, Number(size), asker, () => outputs.open(row))
    await writeBytes(turn, preview, headers)
  })
}

async function writeWorkflow(turn: Turn, { outputs, pictureTexts, smallTurns }: Parts, row: OutputRow): Promise<void> {
  await inTurn(smallTurns, turn, requirePermission(turn.context, 'outputs'), async (asker) => {
    const workflow = await pictureTexts.workflow(row, { asker, open: () => outputs.open(row) })
    if (workflow === undefined) throw new GateError('NOT_FOUND', 'This file carries no workflow.')
    const headers = { ...commonHeaders, ...savedAs(`${row.name.replace(/\.[^.]*$/, '')}.json`) }
    await writeBytes(turn, workflow, { ...headers, 'content-type': 'application/json; charset=utf-8' })
  })
}

function fileHeaders(row: OutputRow, isSaved: boolean): Record<string, string> {
  const isShown = isShownInline(row.media_type) && !isSaved
  return { ...commonHeaders, 'content-type': row.media_type, ...(isShown ? {} : savedAs(row.name)) }
}

/** RFC 9110, section 13.1.5: a part of what has changed since is of no use. */
const isRangeStale = ({ headers }: IncomingMessage, etag: string): boolean =>
  headers['if-range'] !== undefined && headers['if-range'] !== etag

/** Describes them in the API's document: they are answered outside of the router. */
export function registerOutputFiles(router: ApiRouter): void {
  const params = z.object({ id: outputIdSchema })
  const bytes = (type: string) => ({ [type]: { schema: z.string() } })
  const register = (name: string, summary: string, type: string, query: z.ZodObject = z.object({})): void =>
    router.openAPIRegistry.registerPath({
      method: 'get',
      path: `${apiPrefix}/outputs/{id}/${name}`,
      summary,
      request: { params, query },
      responses: { 200: { description: summary, content: bytes(type) } },
    })
  register('file', 'The file itself; parts of it by Range', 'application/octet-stream', fileQuerySchema)
  register('thumbnail', 'A small preview of a picture', 'image/webp', thumbnailQuerySchema)
  register('workflow', 'The workflow that a picture carries', 'application/json')
}
