import type { IncomingMessage } from 'node:http'
import type { SignInRequest } from '../accounts/signInService.ts'
import { findDeviceToken } from '../http/credentials.ts'
import type { RequestContext } from '../pipeline/requestContext.ts'

/** A name and a password, with all by which their tries are counted and the session is told from others. */
export function toSignInRequest(
  { incoming, context }: { readonly incoming: IncomingMessage; readonly context: RequestContext },
  { username, password }: { readonly username: string; readonly password: string },
): SignInRequest {
  return {
    userName: username,
    password,
    clientAddress: context.clientAddress,
    secure: context.secure,
    userAgent: incoming.headers['user-agent'],
    deviceToken: findDeviceToken(incoming.headers.cookie, context.secure),
  }
}
