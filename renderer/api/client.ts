/**
 * The pages' only way to the gate: its HTTP API. Every answer is parsed with the contract's schema, every refusal
 * becomes an ApiError in the gate's own words. Knows no page and no cache.
 */
import { z } from 'zod'
import { toApiError, toNotUnderstood, toUnreachable } from './apiError.ts'

const apiPrefix = '/gatehouse/api/v1/'
const timeoutMs = 30_000
const pageSize = 200
const maxPages = 100

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface RequestOptions<Schema extends z.ZodType> {
  readonly schema: Schema
  readonly body?: unknown
  /** Instead of `body`: JSON text that is sent as it is, so that its numbers keep every digit. */
  readonly text?: string
  /** Instead of JSON: a file, sent as what it says it is. */
  readonly file?: Blob
  readonly query?: Readonly<Record<string, string | number | undefined>>
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>
}

/** For answers without a body. */
export const noAnswer = z.unknown().transform(() => null)

export function toQueryString(query: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** `path` below the API, or with a leading slash anywhere. @throws ApiError for every refusal, a lost connection, and an answer that is not what the contract says. */
export async function request<Schema extends z.ZodType>(
  method: Method,
  path: string,
  options: RequestOptions<Schema>,
): Promise<z.output<Schema>> {
  const address = path.startsWith('/') ? path : `${apiPrefix}${path}`
  const response = await send(method, `${address}${toQueryString(options.query ?? {})}`, options)
  const body = await readJson(response)
  if (!response.ok) throw toApiError(response.status, body)
  const parsed = options.schema.safeParse(body)
  if (!parsed.success) throw toNotUnderstood(response.status, parsed.error)
  return parsed.data
}

/** All items of a paged list. */
export async function requestAll<Item extends z.ZodType>(
  path: string,
  item: Item,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<z.output<Item>[]> {
  const schema = z.object({ items: z.array(item), nextCursor: z.string().nullish() })
  const items: z.output<Item>[] = []
  let cursor: string | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await request('GET', path, { schema, query: { ...query, cursor, limit: pageSize } })
    items.push(...answer.items)
    cursor = answer.nextCursor ?? undefined
    if (cursor === undefined) break
  }
  return items
}

async function send(
  method: Method,
  url: string,
  { body, text, file, headers }: Omit<RequestOptions<z.ZodType>, 'schema' | 'query'>,
): Promise<Response> {
  // The API takes nothing but JSON; a POST without arguments still says so.
  const hasBody = method !== 'GET' && method !== 'DELETE'
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    return await fetch(url, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: abort.signal,
      headers: {
        ...headers,
        accept: 'application/json',
        ...(hasBody ? { 'content-type': file?.type ?? 'application/json' } : {}),
      },
      ...(hasBody ? { body: file ?? text ?? JSON.stringify(body ?? {}) } : {}),
    })
  } catch (error) {
    throw toUnreachable(error)
  } finally {
    clearTimeout(timer)
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text().catch((error: unknown) => {
    throw toUnreachable(error)
  })
  if (text === '') return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return parsed
  } catch {
    // Not JSON: an error page of something in between. The status alone decides what is said.
    return undefined
  }
}
