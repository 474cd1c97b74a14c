import type { IncomingMessage, ServerResponse } from 'node:http'
import { enterAsGuest } from '../accounts/guestEntry.ts'
import { clearSessionCookie, createSessionCookie } from '../accounts/sessionCookie.ts'
import { signOut as endSession } from '../accounts/signOut.ts'
import type { Stores } from '../accounts/stores.ts'
import { signInSchema } from '../contract/accounts.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Logger } from '../core/logger.ts'
import { readBody } from '../http/bodyReader.ts'
import { everywhere } from '../http/securityHeaders.ts'
import type { RequestContext } from '../pipeline/requestContext.ts'
import { readBuiltPages, writeAsset } from './assets.ts'
import type { BuiltPages } from './assets.ts'
import { pageHeaders, toOrigin } from './contentPolicy.ts'
import { toOwnPath } from './ownPath.ts'
import { maySignOutByGet } from './signOut.ts'
import { signOutPage, signOutPagePolicy } from './signOutPage.ts'

/*
 * The pages people see: sign-in, their account, the owner's window, and signing in and out by plain forms. It serves
 * what the renderer was built to and knows nothing of its content.
 */

/** What the pages are served from. */
export interface PortalDependencies {
  readonly logger: Logger
  readonly stores: Stores
  readonly pagesDirectory: string
}

interface Turn {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly context: RequestContext
}

const onEverything = Object.fromEntries(everywhere)
const formLimits = { limitBytes: 16 * 1024, deadlineMs: 15_000, idleMs: 10_000 }

export type Portal = (incoming: IncomingMessage, outgoing: ServerResponse, context: RequestContext) => Promise<void>

/** Answers everything of ours that is no API; refusals are thrown. */
export function createPortal(dependencies: PortalDependencies): Portal {
  let pages = readBuiltPages(dependencies.pagesDirectory)
  const getPages = (): BuiltPages => {
    pages ??= readBuiltPages(dependencies.pagesDirectory)
    if (pages === undefined) throw new GateError('NOT_FOUND', 'The pages of this Gatehouse are not built yet.')
    return pages
  }
  return async (incoming, outgoing, context) => {
    const turn = { incoming, outgoing, context }
    const { path } = context.target
    const isPublic = context.listener === 'public'
    if (path === '/gatehouse/healthz') writeHealth(turn)
    else if (path.startsWith('/gatehouse/assets/')) serveAsset(turn, getPages())
    else if (path === '/logout') await signOut(turn, dependencies.stores)
    else if (path === '/gatehouse') redirect(turn, '/gatehouse/')
    else if (path === '/login' && isPublic && context.method === 'POST') await signIn(turn, dependencies.stores)
    else if (isPublic ? path === '/login' || isPortalPage(path) : isOwnerPage(path)) {
      writePage(turn, isPublic ? getPages().portal : getPages().owner)
    } else throw notFound()
  }
}

const notFound = (): GateError => new GateError('NOT_FOUND', 'There is no such page.')

const isOwnerPage = (path: string): boolean => /^\/gatehouse\/owner(?:\/[a-z]*)*$/.test(path)

/** `/gatehouse/` and the pages behind it, which the portal's own router tells apart. */
const isPortalPage = (path: string): boolean => /^\/gatehouse\/(?!owner)(?:[a-z]+\/?)?$/.test(path)

function checkReading({ context }: Turn): void {
  if (context.method === 'GET' || context.method === 'HEAD') return
  throw new GateError('METHOD_NOT_ALLOWED', 'This can only be read.', { details: { allow: ['GET', 'HEAD'] } })
}

function writeHealth(turn: Turn): void {
  checkReading(turn)
  turn.outgoing.writeHead(200, { ...onEverything, 'content-type': 'application/json', 'cache-control': 'no-store' })
  turn.outgoing.end(turn.context.method === 'HEAD' ? undefined : '{"ok":true}')
}

function serveAsset(turn: Turn, pages: BuiltPages): void {
  checkReading(turn)
  const asset = pages.assets.get(turn.context.target.path.slice('/gatehouse/assets/'.length))
  if (asset === undefined) throw notFound()
  writeAsset(asset, turn.incoming, turn.outgoing)
}

function writePage(turn: Turn, html: string): void {
  checkReading(turn)
  const { incoming, outgoing, context } = turn
  const headers = pageHeaders(toOrigin(incoming.headers.host, context.secure))
  outgoing.writeHead(200, {
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
    'cache-control': 'no-store',
    vary: 'Cookie',
  })
  outgoing.end(context.method === 'HEAD' ? undefined : html)
}

function redirect({ outgoing }: Turn, location: string, headers: Record<string, string> = {}): void {
  outgoing.writeHead(303, { ...onEverything, ...headers, location, 'cache-control': 'no-store', 'content-length': 0 })
  outgoing.end()
}

/** A plain form, for browsers without scripts and for tools; the page itself signs in over the API. */
async function signIn(turn: Turn, stores: Stores): Promise<void> {
  const { incoming, context } = turn
  const form = await readForm(incoming)
  const next = toOwnPath(form.get('next') ?? new URLSearchParams(context.target.search).get('next'))
  if (form.get('guest') === 'true') {
    const { cookie } = await enterAsGuest(stores, context, incoming.headers['user-agent'])
    redirect(turn, next, { 'set-cookie': cookie })
    return
  }
  const parsed = signInSchema.safeParse({ username: form.get('username'), password: form.get('password') })
  if (!parsed.success) throw new GateError('VALIDATION_FAILED', 'Give a name and a password.')
  try {
    const { token } = await stores.signIns.signIn({
      userName: parsed.data.username,
      password: parsed.data.password,
      clientAddress: context.clientAddress,
      secure: context.secure,
      userAgent: incoming.headers['user-agent'],
    })
    const maxAgeSeconds = stores.settings.get('sessions.absoluteDays') * 86_400
    redirect(turn, next, { 'set-cookie': createSessionCookie(token, { secure: context.secure, maxAgeSeconds }) })
  } catch (error) {
    if (!(error instanceof GateError) || incoming.headers.accept?.includes('text/html') !== true) throw error
    redirect(turn, `/login?${new URLSearchParams({ next, failed: error.code }).toString()}`)
  }
}

async function readForm(incoming: IncomingMessage): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(incoming.headers['content-type'] ?? '')) {
    throw new GateError('UNSUPPORTED_MEDIA_TYPE', 'Send this as a form.')
  }
  return new URLSearchParams((await readBody(incoming, formLimits)).toString('utf8'))
}

async function signOut(turn: Turn, stores: Stores): Promise<void> {
  const { incoming, outgoing, context } = turn
  const origin = toOrigin(incoming.headers.host, context.secure)
  if (context.method !== 'POST') {
    checkReading(turn)
    if (context.method === 'HEAD' || !maySignOutByGet(incoming.headers, origin)) {
      writeSignOutPage(outgoing)
      return
    }
  }
  const { principal } = context
  // A key is not signed out, and the owner's window closes with the app.
  if (principal?.credential.kind === 'session' && principal.credential.surface === 'people') {
    await endSession(stores, principal, context.clientAddress)
  }
  redirect(turn, '/login', {
    'set-cookie': clearSessionCookie(context.secure),
    'clear-site-data': '"cache", "storage"',
  })
}

function writeSignOutPage(outgoing: ServerResponse): void {
  outgoing.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': signOutPagePolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  })
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : signOutPage)
}
