import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { enterAsGuest } from '../accounts/guestEntry.ts'
import { clearSignInCookies, createSignInCookies } from '../accounts/sessionCookie.ts'
import { findSignInSurface } from '../accounts/signInSurface.ts'
import { signOut as endSession } from '../accounts/signOut.ts'
import type { Stores } from '../accounts/stores.ts'
import { signInSchema } from '../contract/accounts.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Logger } from '../core/logger.ts'
import { TOKEN_COOKIE } from '../core/cookieNames.ts'
import { listCookies } from '../http/credentials.ts'
import { everywhere } from '../http/securityHeaders.ts'
import type { Principal, RequestContext } from '../pipeline/requestContext.ts'
import { readBuiltPages, writeAsset } from './assets.ts'
import type { BuiltPages } from './assets.ts'
import { pageHeaders, toOrigin } from './contentPolicy.ts'
import { markManaging } from './markManaging.ts'
import { toOwnPath } from './ownPath.ts'
import { generateToken, loginForToken, register } from './sentinelApi.ts'
import { toSignInRequest } from './signInRequest.ts'
import { maySignOutByGet } from './signOut.ts'
import { signOutPage, signOutPagePolicy } from './signOutPage.ts'
import { readForm, sendsJson } from './turn.ts'
import type { Turn } from './turn.ts'
import type { TrustSource } from './welcome/trustSource.ts'
import { answerWelcome } from './welcome/welcome.ts'

/*
 * The pages people see: sign-in, their account, the owner's window, and signing in and out by plain forms. It serves
 * what the renderer was built to and knows nothing of its content.
 */

/** What the pages are served from. */
export interface PortalDependencies {
  readonly logger: Logger
  readonly stores: Stores
  readonly pagesDirectory: string
  readonly certificates: TrustSource
  readonly freeIdleMemory: () => Promise<boolean>
  /** Where people go. */
  readonly sharing: { describe(): { readonly primaryUrl: string | null } }
}

const onEverything = Object.fromEntries(everywhere)

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
    const signsIn = context.listener !== 'owner' && path === '/login'
    const welcome = isPublic ? answerWelcome(turn, dependencies.certificates) : undefined
    if (welcome !== undefined) welcome()
    else if (path === '/gatehouse/healthz') writeHealth(turn)
    else if (path.startsWith('/gatehouse/assets/')) serveAsset(turn, getPages())
    else if (path === '/logout') await signOut(turn, dependencies)
    else if (path === '/gatehouse' || path === '/') redirect(turn, isPublic ? '/gatehouse/' : '/gatehouse/owner')
    else if (signsIn && context.method === 'POST') await signIn(turn, dependencies.stores)
    else if (isOfSentinel(path)) await answerSentinel(turn, dependencies.stores, () => getPages().portal)
    else if (signsIn)
      writeSignInPage(
        turn,
        isPublic ? getPages().portal : toManagingPage(turn, getPages().portal, dependencies.sharing),
      )
    else if (isPublic && isPortalPage(path)) writePage(turn, getPages().portal)
    else if (!isPublic && isOwnerPage(path)) writePage(turn, getPages().owner)
    else throw notFound()
  }
}

const notFound = (): GateError => new GateError('NOT_FOUND', 'There is no such page.')

const isOfSentinel = (path: string): boolean => path === '/register' || path === '/generate_token'

/** Further routes of ComfyUI-Sentinel's API, and the pages beside them. */
async function answerSentinel(turn: Turn, stores: Stores, getPage: () => string): Promise<void> {
  const { context } = turn
  if (context.listener !== 'public' || !stores.settings.get('tokens.on')) throw notFound()
  if (context.method !== 'POST') writePage(turn, getPage())
  else if (context.target.path === '/register') await register(turn, stores)
  else await generateToken(turn, stores)
}

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
  const headers = pageHeaders(toOrigin(context.host ?? incoming.headers.host, context.secure))
  outgoing.writeHead(200, {
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
    'cache-control': 'no-store',
    vary: 'Cookie',
  })
  outgoing.end(context.method === 'HEAD' ? undefined : html)
}

/** The page goes on by itself to wherever its address says, so that is looked at before. */
function writeSignInPage(turn: Turn, html: string): void {
  const query = new URLSearchParams(turn.context.target.search)
  const next = query.get('next')
  if (next === null || next === '/' || toOwnPath(next) !== '/') {
    writePage(turn, html)
    return
  }
  checkReading(turn)
  query.delete('next')
  redirect(turn, `/login?${query.toString()}`)
}

function toManagingPage({ incoming, context }: Turn, html: string, sharing: PortalDependencies['sharing']): string {
  const origin = toOrigin(context.host ?? incoming.headers.host, true)
  return markManaging(html, origin, sharing.describe().primaryUrl)
}

function redirect({ outgoing }: Turn, location: string, headers: OutgoingHttpHeaders = {}): void {
  outgoing.writeHead(303, { ...onEverything, ...headers, location, 'cache-control': 'no-store', 'content-length': 0 })
  outgoing.end()
}

/**
 * A plain form of a browser without scripts gets a session; the page itself signs in over the API. Clients of
 * ComfyUI-Sentinel, who send JSON or a form and want no page, get a token.
 */
async function signIn(turn: Turn, stores: Stores): Promise<void> {
  const { incoming, context } = turn
  const givesTokens = context.listener === 'public' && stores.settings.get('tokens.on')
  if (givesTokens && sendsJson(turn)) return loginForToken(turn, stores)
  const form = await readForm(turn)
  if (givesTokens && isOfTool(turn, form)) return loginForToken(turn, stores, Object.fromEntries(form))
  const next = toOwnPath(form.get('next') ?? new URLSearchParams(context.target.search).get('next'))
  if (form.get('guest') === 'true') {
    const { cookie } = await enterAsGuest(stores, context, incoming.headers['user-agent'])
    redirect(turn, next, { 'set-cookie': cookie })
    return
  }
  const parsed = signInSchema.safeParse({ username: form.get('username'), password: form.get('password') })
  if (!parsed.success) throw new GateError('VALIDATION_FAILED', 'Give a name and a password.')
  try {
    const surface = findSignInSurface(context)
    const entered = await stores.signIns.signIn({ ...toSignInRequest(turn, parsed.data), surface })
    redirect(turn, next, { 'set-cookie': createSignInCookies(stores, context, entered) })
  } catch (error) {
    if (!(error instanceof GateError) || incoming.headers.accept?.includes('text/html') !== true) throw error
    redirect(turn, `/login?${new URLSearchParams({ next, failed: error.code }).toString()}`)
  }
}

/** Wants no page, and says nothing of where to go on to or of looking around. */
const isOfTool = ({ incoming, context }: Turn, form: URLSearchParams): boolean =>
  incoming.headers.accept?.includes('text/html') !== true &&
  !form.has('next') &&
  !form.has('guest') &&
  !new URLSearchParams(context.target.search).has('next')

async function signOut(turn: Turn, dependencies: PortalDependencies): Promise<void> {
  const { incoming, outgoing, context } = turn
  const origin = toOrigin(context.host ?? incoming.headers.host, context.secure)
  if (context.method !== 'POST') {
    checkReading(turn)
    if (context.method === 'HEAD' || !maySignOutByGet(incoming.headers, origin)) {
      writeSignOutPage(outgoing)
      return
    }
  }
  const { principal } = context
  // A key is not signed out, and the owner's window closes with the app.
  if (principal !== undefined && isSignedOut(principal)) {
    const tokenTexts = listCookies(incoming.headers.cookie, TOKEN_COOKIE)
    await endSession(dependencies, { principal, clientAddress: context.clientAddress, tokenTexts })
  }
  redirect(turn, '/login', {
    'set-cookie': clearSignInCookies(context),
    'clear-site-data': '"cache", "storage"',
  })
}

const isSignedOut = ({ credential }: Principal): boolean =>
  credential.kind === 'token' || (credential.kind === 'session' && credential.surface !== 'owner')

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
