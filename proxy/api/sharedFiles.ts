import { z } from 'zod'
import { GateError } from '../contract/errorCodes.ts'
import { idSource } from '../contract/ids.ts'
import { outputIdSchema } from '../contract/outputs.ts'
import { CleanPictures } from '../outputs/cleanPictures.ts'
import { outputGone } from '../outputs/outputs.ts'
import { AccountTurns } from '../pipeline/accountTurns.ts'
import { commonHeaders, inTurn, isKnown, savedAs, writeBytes } from './answerBytes.ts'
import type { Turn } from './answerBytes.ts'
import type { OwnApplicationDependencies } from './dependencies.ts'
import { apiPrefix } from './openapi.ts'
import { requirePermission } from './rights.ts'
import { toValidationRefusal } from './router.ts'
import type { ApiRouter } from './router.ts'

const PATH = new RegExp(`^${apiPrefix}/shared/(${idSource})/(file|thumbnail)$`)

/** Saved instead of shown. */
const fileQuerySchema = z.object({ download: z.enum(['true', 'false']).optional() })
const thumbnailQuerySchema = z.object({ width: z.enum(['256', '512']).default('256') })

/** Pictures written anew, which lie in memory until they are sent. */
const CLEAN_TURNS = { perAccount: 2, overall: 16, maxWaiting: 32, waitMs: 60_000 }
const SMALL_TURNS = { perAccount: 16, overall: 512, maxWaiting: 256, waitMs: 60_000 }

type Dependencies = Pick<OwnApplicationDependencies, 'outputs' | 'thumbnails'>

/**
 * Answers pictures that somebody else shares, without what stands in the file beside the picture. What it makes gives
 * undefined for every other path, and otherwise rejects with the refusal.
 */
export function createSharedFiles({ outputs, thumbnails }: Dependencies): (turn: Turn) => Promise<void> | undefined {
  const [cleanTurns, smallTurns] = [new AccountTurns(CLEAN_TURNS), new AccountTurns(SMALL_TURNS)]
  const clean = new CleanPictures(thumbnails)

  const answer = async (turn: Turn, id: string, what: string | undefined): Promise<void> => {
    const { incoming, outgoing, context } = turn
    if (context.method !== 'GET' && context.method !== 'HEAD') {
      throw new GateError('METHOD_NOT_ALLOWED', 'This can only be read.', { details: { allow: ['GET', 'HEAD'] } })
    }
    const principal = requirePermission(context, 'shared')
    const find = async () => {
      const found = await outputs.shares.find(principal.accountId, id)
      if (found === undefined) throw outputGone()
      return found
    }
    const row = await find()
    // Its turn may come after a minute, and the share may have ended since.
    const stillShared = async (bytes: Buffer): Promise<Buffer> => find().then(() => bytes)
    const query = Object.fromEntries(new URLSearchParams(context.target.search))
    const version = `${row.id}-${row.made_at_ms.toString(36)}-${row.bytes.toString(36)}`
    const open = () => outputs.open(row)
    if (what === 'thumbnail') {
      const { width } = parse(thumbnailQuerySchema, query)
      const headers = { ...commonHeaders, etag: `"${version}-${width}"`, 'content-type': 'image/webp' }
      if (isKnown(incoming, headers.etag)) {
        outgoing.writeHead(304, headers).end()
        return
      }
      return inTurn(smallTurns, turn, principal, async (asker) =>
        writeBytes(turn, await stillShared(await thumbnails.get(row, Number(width), asker, open)), headers),
      )
    }
    const saved = parse(fileQuerySchema, query).download === 'true' ? savedAs(row.name) : {}
    const headers = { ...commonHeaders, ...saved, etag: `"${version}-clean"`, 'content-type': row.media_type }
    if (isKnown(incoming, headers.etag)) {
      outgoing.writeHead(304, headers).end()
      return
    }
    return inTurn(cleanTurns, turn, principal, async (asker) =>
      writeBytes(turn, await stillShared(await clean.get(row, asker, open)), headers),
    )
  }

  return (turn) => {
    const [, id, what] = PATH.exec(turn.context.target.path) ?? []
    return id === undefined ? undefined : answer(turn, id, what)
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, query: unknown): z.infer<Schema> {
  const result = schema.safeParse(query)
  if (!result.success) throw toValidationRefusal(result.error.issues)
  return result.data
}

/** Describes them in the API's document: they are answered outside of the router. */
export function registerSharedFiles(router: ApiRouter): void {
  const register = (name: string, summary: string, type: string, query: z.ZodObject): void =>
    router.openAPIRegistry.registerPath({
      method: 'get',
      path: `${apiPrefix}/shared/{id}/${name}`,
      summary,
      request: { params: z.object({ id: outputIdSchema }), query },
      responses: { 200: { description: summary, content: { [type]: { schema: z.string() } } } },
    })
  const summary = 'A picture that somebody shares, without texts and Exif'
  register('file', summary, 'application/octet-stream', fileQuerySchema)
  register('thumbnail', 'A small preview of it', 'image/webp', thumbnailQuerySchema)
}
