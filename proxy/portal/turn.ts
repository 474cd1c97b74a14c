import type { IncomingMessage, ServerResponse } from 'node:http'
import { GateError } from '../contract/errorCodes.ts'
import { readBody } from '../http/bodyReader.ts'
import type { RequestContext } from '../pipeline/requestContext.ts'

/** One request to the portal, with what the pipeline found out about it. */
export interface Turn {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly context: RequestContext
}

const limits = { limitBytes: 16 * 1024, deadlineMs: 15_000, idleMs: 10_000 }

const isJson = (contentType: string): boolean => /^application\/json\s*(?:;|$)/i.test(contentType)
const isForm = (contentType: string): boolean => /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType)

/** Whether a request says that its body is JSON. */
export const sendsJson = ({ incoming }: Turn): boolean => isJson(incoming.headers['content-type'] ?? '')

/** @throws GateError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, BAD_REQUEST */
export async function readForm({ incoming }: Turn): Promise<URLSearchParams> {
  if (!isForm(incoming.headers['content-type'] ?? '')) {
    throw new GateError('UNSUPPORTED_MEDIA_TYPE', 'Send this as a form.')
  }
  return new URLSearchParams((await readBody(incoming, limits)).toString('utf8'))
}

/**
 * The fields of a JSON object or of a form, as they were sent: nothing is trimmed, escaped or left out of a password.
 * @throws GateError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, BAD_REQUEST
 */
export async function readFields(turn: Turn): Promise<unknown> {
  if (!sendsJson(turn)) {
    if (!isForm(turn.incoming.headers['content-type'] ?? '')) {
      throw new GateError('UNSUPPORTED_MEDIA_TYPE', 'Send this as JSON or as a form.')
    }
    return Object.fromEntries(await readForm(turn))
  }
  const text = (await readBody(turn.incoming, limits)).toString('utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new GateError('BAD_REQUEST', 'This is not valid JSON.', { cause: error })
  }
}
