import type { ServerResponse } from 'node:http'
import type { Answer } from './problem.ts'
import { everywhere } from './securityHeaders.ts'

/** Writes an answer of the gate's own. HEAD gets the headers alone. */
export function writeAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  const isHead = response.req.method === 'HEAD'
  response.writeHead(status, [...headers, 'content-length', String(Buffer.byteLength(body))])
  response.end(isHead ? undefined : body)
}

const ownHeaders = (contentType: string): string[] => [
  'content-type',
  contentType,
  'cache-control',
  'no-store',
  ...everywhere.flat(),
]

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  writeAnswer(response, { status, headers: ownHeaders('application/json; charset=utf-8'), body })
}

/** For JSON that is text already, and whose numbers must stay as they are. */
export function answerJsonText(response: ServerResponse, status: number, body: string): void {
  writeAnswer(response, { status, headers: ownHeaders('application/json; charset=utf-8'), body })
}

/** An answer of at most so many characters goes out in one piece, with its length. */
const SHORT_ANSWER = 64 * 1024

/**
 * JSON in pieces, each made when the one before was taken: a long answer is never in memory whole. When a piece cannot be
 * made after the first ones went out, the connection is cut: half an answer must not look like a whole one.
 */
export async function answerJsonPieces(response: ServerResponse, pieces: AsyncIterable<string>): Promise<void> {
  let begun = ''
  let isLong = false
  try {
    for await (const piece of pieces) {
      if (response.destroyed) return
      begun += piece
      if (begun.length <= SHORT_ANSWER) continue
      if (!isLong) response.writeHead(200, ownHeaders('application/json; charset=utf-8'))
      isLong = true
      if (response.req.method === 'HEAD') break
      if (!response.write(begun)) await drained(response)
      begun = ''
    }
    if (isLong) response.end(response.req.method === 'HEAD' ? undefined : begun)
    else answerJsonText(response, 200, begun)
  } catch (error) {
    if (isLong) response.destroy()
    throw error
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go)
      response.off('close', go)
      resolve()
    }
    response.on('drain', go)
    response.on('close', go)
  })
}

export function answerText(response: ServerResponse, status: number, body: string): void {
  writeAnswer(response, { status, headers: ownHeaders('text/plain; charset=utf-8'), body })
}
