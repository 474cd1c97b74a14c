import { z } from 'zod'
import { entryWithoutPaths } from '../comfyui/errorPaths.ts'
import { GateError } from '../contract/errorCodes.ts'
import { answerJsonPieces, answerJsonText, answerText } from '../http/ownAnswer.ts'
import { parseQuery } from '../http/requestTarget.ts'
import { isWaiting } from '../jobs/job.ts'
import { ANSWER_BYTES } from '../jobs/jobBounds.ts'
import type { JobQueue } from '../jobs/jobQueue.ts'
import { readTurnBody } from './forwardTurn.ts'
import type { Turn, TurnServices } from './forwardTurn.ts'
import { principalOf } from './promptAction.ts'

const MAX_BYTES = 1024 * 1024
const changeSchema = z.object({ clear: z.unknown().optional(), delete: z.array(z.unknown()).optional() })
const interruptSchema = z.object({ prompt_id: z.string().min(1) })

interface Change {
  readonly clear: boolean
  readonly ids: readonly string[]
}

/** `GET` and `POST /queue`: one's own jobs, in ComfyUI's shape. @throws GateError BAD_REQUEST */
export async function serveQueue(turn: Turn, services: TurnServices): Promise<void> {
  const { accountId } = principalOf(turn)
  const { jobs } = services.dependencies
  if (turn.exchange.method !== 'POST') {
    await answerLong(turn, services, queuePieces(jobs, accountId))
    return
  }
  const { clear, ids } = await readChange(turn, services)
  const waiting = jobs.list(accountId).filter(isWaiting)
  // As ComfyUI: the running job is not stopped by this, and unknown ids are no fault.
  for (const job of waiting) if (clear || ids.includes(job.id)) await jobs.cancel(job)
  answerText(turn.response, 200, '')
}

/** `GET /history`, `GET /history/{id}` and `POST /history`: one's own. @throws GateError BAD_REQUEST */
export async function serveHistory(turn: Turn, services: TurnServices): Promise<void> {
  const { accountId, role } = principalOf(turn)
  const { jobs } = services.dependencies
  const { exchange, response } = turn
  const show = (entry: string): string => (role === 'administrator' ? entry : entryWithoutPaths(entry))
  if (exchange.method === 'POST') {
    const { clear, ids } = await readChange(turn, services)
    if (clear) await jobs.forgetHistory(accountId, 'all')
    else if (ids.length > 0) await jobs.forgetHistory(accountId, ids)
    answerText(response, 200, '')
    return
  }
  if (exchange.route.pattern === '/history/{id}') {
    const id = exchange.target.segments.at(-1) ?? ''
    const entry = await jobs.findHistory(accountId, id)
    answerJsonText(response, 200, entry === undefined ? '{}' : `{${JSON.stringify(id)}:${show(entry)}}`)
    return
  }
  const query = new Map(parseQuery(exchange.target.search))
  const maxItems = readInteger(query, 'max_items')
  const offset = readInteger(query, 'offset')
  const page = { ...(maxItems === undefined ? {} : { maxItems }), ...(offset === undefined ? {} : { offset }) }
  const ids = await jobs.listHistory(accountId, page)
  const entries = async function* (): AsyncGenerator<string> {
    for (const id of ids) {
      // It may have been deleted meanwhile.
      const entry = await jobs.findHistory(accountId, id)
      if (entry !== undefined) yield `${JSON.stringify(id)}:${show(entry)}`
    }
  }
  await answerLong(turn, services, joined('{', entries(), '}'))
}

/** Few at once for each person, and one row after the other: workflows are megabytes. */
async function answerLong(turn: Turn, { longAnswers }: TurnServices, pieces: AsyncIterable<string>): Promise<void> {
  const gone = new AbortController()
  const onClose = (): void => gone.abort()
  turn.response.once('close', onClose)
  const give = await longAnswers.take(principalOf(turn).accountId, gone.signal)
  try {
    await answerJsonPieces(turn.response, pieces)
  } finally {
    turn.response.off('close', onClose)
    give()
  }
}

async function* queuePieces(jobs: JobQueue, accountId: string): AsyncGenerator<string> {
  const { running, pending } = await jobs.listQueue(accountId)
  const budget = { bytes: ANSWER_BYTES }
  yield* joined('{"queue_running":[', jobs.readItems(running, budget), '],')
  yield* joined('"queue_pending":[', jobs.readItems(pending, budget), ']}')
}

async function* joined(before: string, items: AsyncIterable<string>, after: string): AsyncGenerator<string> {
  let start = before
  for await (const item of items) {
    yield `${start}${item}`
    start = ','
  }
  yield start === before ? `${before}${after}` : after
}

/** `POST /interrupt`: stops one's own running job; somebody else's looks as if it were not there. */
export async function serveInterrupt(turn: Turn, services: TurnServices): Promise<void> {
  const { accountId } = principalOf(turn)
  const { jobs } = services.dependencies
  const wanted = readPromptId(await readTurnBody(turn, services, MAX_BYTES))
  const mine = jobs.list(accountId).filter(({ id }) => (wanted ?? id) === id)
  for (const job of mine) await jobs.interrupt(job)
  answerText(turn.response, 200, '')
}

/** ComfyUI takes everything that names no id for a wish without one (server.py 0.3.64, post_interrupt). */
function readPromptId(bytes: Buffer): string | undefined {
  return interruptSchema.safeParse(parseJson(bytes)).data?.prompt_id
}

async function readChange(turn: Turn, services: TurnServices): Promise<Change> {
  const parsed = changeSchema.safeParse(parseJson(await readTurnBody(turn, services, MAX_BYTES)))
  if (!parsed.success) throw new GateError('BAD_REQUEST', 'Say what to clear or to delete, as JSON.')
  const ids = (parsed.data.delete ?? []).filter((id) => typeof id === 'string')
  return { clear: Boolean(parsed.data.clear), ids }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    // What is no JSON is whatever its reader makes of nothing.
    return undefined
  }
}

/** As Python's int() reads it. @throws GateError BAD_REQUEST */
function readInteger(query: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = query.get(name)
  if (text === undefined) return undefined
  if (!/^\s*[+-]?\d{1,15}\s*$/.test(text)) throw new GateError('BAD_REQUEST', `${name} must be a whole number.`)
  return Number(text)
}
