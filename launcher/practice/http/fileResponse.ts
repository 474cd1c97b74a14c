import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { OutgoingHttpHeaders } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { cacheHeader, HttpAnswer, type EngineRequest } from './engineRequest.ts'

/**
 * Streams a file with ETag, Last-Modified, conditional requests and one byte range, as aiohttp's FileResponse does.
 * @throws HttpAnswer 404 when it is no readable file, 412, 416
 */
export async function sendFile(request: EngineRequest, path: string, headers: OutgoingHttpHeaders): Promise<void> {
  const file = await describeFile(path)
  const etag = `"${file.mtimeNs.toString(16)}-${file.size.toString(16)}"`
  const modified = new Date(file.mtimeMs)
  const validators = { etag, 'last-modified': modified.toUTCString() }
  const freshness = checkConditions(request, etag, modified)
  if (freshness === 412) throw new HttpAnswer(412)
  if (freshness === 304) {
    request.response.writeHead(304, validators).end()
    return
  }
  const range = findRange(request, { etag, modified, size: file.size })
  if (range === 'unsatisfiable')
    throw new HttpAnswer(416, undefined, { ...headers, 'content-range': `bytes */${file.size}` })
  const { start, end } = range ?? { start: 0, end: file.size - 1 }
  const status = range ? 206 : 200
  const allHeaders: OutgoingHttpHeaders = {
    ...headers,
    ...cacheHeader(request.rawPath, status, headers),
    ...validators,
    'accept-ranges': 'bytes',
    'content-length': end - start + 1,
    ...(range && { 'content-range': `bytes ${start}-${end}/${file.size}` }),
  }
  request.response.writeHead(status, allHeaders)
  if (request.method === 'HEAD' || file.size === 0) {
    request.response.end()
    return
  }
  await streamFile(path, { start, end }, request)
}

interface FileFacts {
  readonly size: number
  readonly mtimeMs: number
  readonly mtimeNs: bigint
}

async function describeFile(path: string): Promise<FileFacts> {
  try {
    const facts = await stat(path, { bigint: true })
    if (facts.isFile()) return { size: Number(facts.size), mtimeMs: Number(facts.mtimeMs), mtimeNs: facts.mtimeNs }
  } catch {
    // Not there, or a name the file system refuses: 404 either way.
  }
  throw new HttpAnswer(404)
}

async function streamFile(path: string, range: { start: number; end: number }, request: EngineRequest): Promise<void> {
  try {
    await pipeline(createReadStream(path, range), request.response)
  } catch {
    // The client left or the file vanished while it was sent: the head is out, only the connection can say so.
    request.response.destroy()
  }
}

/** RFC 9110 section 13.2.2. */
function checkConditions(request: EngineRequest, etag: string, modified: Date): 304 | 412 | undefined {
  const { headers } = request.message
  const seconds = Math.floor(modified.getTime() / 1000)
  const unmodifiedSince = toSeconds(headers['if-unmodified-since'])
  if (headers['if-match'] !== undefined) {
    if (!matchesEtag(headers['if-match'], etag)) return 412
  } else if (unmodifiedSince !== undefined && seconds > unmodifiedSince) return 412
  if (headers['if-none-match'] !== undefined) return matchesEtag(headers['if-none-match'], etag) ? 304 : undefined
  const modifiedSince = toSeconds(headers['if-modified-since'])
  return modifiedSince !== undefined && seconds <= modifiedSince ? 304 : undefined
}

function findRange(
  request: EngineRequest,
  file: { etag: string; modified: Date; size: number },
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const { range, 'if-range': ifRange } = request.message.headers
  if (range === undefined) return undefined
  const ifRangeSeconds = typeof ifRange === 'string' ? toSeconds(ifRange) : undefined
  const isSame =
    ifRange === undefined || ifRange === file.etag || ifRangeSeconds === Math.floor(file.modified.getTime() / 1000)
  if (!isSame) return undefined
  const parts = /^bytes=(\d*)-(\d*)$/.exec(range)
  if (!parts || (parts[1] === '' && parts[2] === '')) return 'unsatisfiable'
  const [, first = '', last = ''] = parts
  const start = first === '' ? Math.max(0, file.size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? file.size - 1 : Math.min(Number(last), file.size - 1)
  return start > end || start >= file.size ? 'unsatisfiable' : { start, end }
}

function matchesEtag(header: string, etag: string): boolean {
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

function toSeconds(date: string | undefined): number | undefined {
  const milliseconds = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000)
}
