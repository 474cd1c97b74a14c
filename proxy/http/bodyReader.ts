import type { IncomingMessage } from 'node:http'
import { GateError } from '../contract/errorCodes.ts'

export interface BodyLimits {
  readonly limitBytes: number
  /** For the whole body. */
  readonly deadlineMs: number
  /** Between two pieces of it. */
  readonly idleMs: number
  /** Told of each piece before it is kept; what it throws refuses the body. */
  readonly onPiece?: (bytes: number) => void
}

/** The refusal of a body that is over its limit. */
export function bodyTooLarge(limitBytes: number): GateError {
  const megabytes = Math.floor((limitBytes / 1024 / 1024) * 10) / 10
  return new GateError('BODY_TOO_LARGE', `That is larger than the ${megabytes} MB that are allowed here.`)
}

/**
 * Reads a body whole.
 * @throws GateError BODY_TOO_LARGE over the limit, BAD_REQUEST when it stalls or breaks off
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (error?: GateError): void => {
      clearTimeout(deadline)
      clearTimeout(idle)
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken)
      if (error === undefined) resolve(Buffer.concat(chunks, bytes))
      else {
        request.pause()
        reject(error)
      }
    }
    const onLate = (): void => finish(new GateError('BAD_REQUEST', 'The request did not arrive in time.'))
    const onBroken = (): void => finish(new GateError('BAD_REQUEST', 'The request broke off.'))
    const onEnd = (): void => finish()
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > limits.limitBytes) {
        finish(bodyTooLarge(limits.limitBytes))
        return
      }
      try {
        limits.onPiece?.(chunk.length)
      } catch (error) {
        finish(error instanceof GateError ? error : bodyTooLarge(limits.limitBytes))
        return
      }
      idle.refresh()
      chunks.push(chunk)
    }
    const deadline = setTimeout(onLate, limits.deadlineMs)
    const idle = setTimeout(onLate, limits.idleMs)
    request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken)
  })
}
