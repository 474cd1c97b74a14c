import type { ServerResponse } from 'node:http'

const PIECE_BYTES = 64 * 1024
/** Who takes none of it for so long has gone, or wants us to keep it in memory. */
const STALL_MS = 30_000

/**
 * Writes the body and ends the answer; resolves when the system has taken all of it, or the connection is gone. One that
 * takes nothing for `stallMs` is cut.
 */
export async function sendPieces(
  outgoing: ServerResponse,
  body: Buffer | AsyncIterable<Uint8Array>,
  stallMs = STALL_MS,
): Promise<void> {
  for await (const piece of Buffer.isBuffer(body) ? piecesOf(body) : body) {
    if (!outgoing.destroyed && !outgoing.write(piece)) await waitFor(outgoing, 'drain', stallMs)
    if (outgoing.destroyed) return
  }
  outgoing.end()
  if (!outgoing.writableFinished) await waitFor(outgoing, 'finish', stallMs)
}

function* piecesOf(body: Buffer): Iterable<Uint8Array> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES)
}

function waitFor(outgoing: ServerResponse, event: 'drain' | 'finish', stallMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      outgoing.off(event, done)
      outgoing.off('close', done)
      resolve()
    }
    const timer = setTimeout(() => {
      outgoing.destroy()
      done()
    }, stallMs)
    outgoing.on(event, done)
    outgoing.on('close', done)
    if (outgoing.destroyed) done()
  })
}
