import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { GateError } from '../contract/errorCodes.ts'
import { closeAfterResponse } from './closeAfterResponse.ts'
import { writeAnswer } from './ownAnswer.ts'
import { describeRefusal, formatRawAnswer } from './problem.ts'

/** How long somebody may take to read that they were not understood. */
const REFUSAL_MS = 2_000

/** Answers what Node's parser refused: obs-fold, bare LF, contradicting lengths, an endless header section, silence. */
export function refuseUnparsed(code: string | undefined, socket: Duplex): void {
  if (!socket.writable || code === 'ECONNRESET' || code?.startsWith('ERR_SSL') === true) {
    socket.destroy()
    return
  }
  const message = 'This was not a request that the gate understands.'
  const answer = describeRefusal(new GateError('BAD_REQUEST', message), 'api', '/')
  const [status, reason] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ([431, 'Request Header Fields Too Large'] as const)
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'Request Timeout'] as const)
        : ([400, 'Bad Request'] as const)
  const late = setTimeout(() => socket.destroy(), REFUSAL_MS)
  socket.once('close', () => clearTimeout(late))
  socket.end(formatRawAnswer({ ...answer, status }, reason), () => socket.destroy())
}

/** RFC 6455 section 4.2.2: a WebSocket's handshake that is none, in our own words and with our own headers. */
export function refuseHandshake(socket: Duplex): void {
  const message = 'This was no handshake of a WebSocket of version 13.'
  const answer = describeRefusal(new GateError('BAD_REQUEST', message), 'upgrade', '/')
  const headers = [...answer.headers, 'sec-websocket-version', '13']
  socket.end(formatRawAnswer({ ...answer, headers }, 'Bad Request'), () => socket.destroy())
}

/** RFC 9110 section 10.1.1: what is expected and nobody can do. Node's own answer would lack what each of ours says. */
export function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  closeAfterResponse(response, request.socket)
  const words = 'Only 100-continue can be expected of the gate.'
  const refusal = new GateError('BAD_REQUEST', words, { details: { status: 417 } })
  writeAnswer(response, { ...describeRefusal(refusal, 'api', '/'), status: 417 })
}
