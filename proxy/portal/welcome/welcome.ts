import { GateError } from '../../contract/errorCodes.ts'
import { styleHash } from '../../http/securityHeaders.ts'
import { toOrigin, toSource } from '../contentPolicy.ts'
import { toOwnPath } from '../ownPath.ts'
import type { Turn } from '../turn.ts'
import { toCertificateFile, toProfile } from './authorityFiles.ts'
import type { AuthorityFile } from './authorityFiles.ts'
import { guessPlatform, isPlatform } from './platforms.ts'
import type { TrustSource } from './trustSource.ts'
import { ownCertificatePage, stepsPage, welcomePage } from './welcomePage.ts'
import type { WelcomeView } from './welcomePage.ts'
import { welcomeStyle } from './welcomeStyle.ts'

/*
 * What a device sees that does not know this computer yet. It takes no password and no cookie and gives none, because
 * it comes without encryption; only what everybody may know stands here.
 */

/** One transparent dot. */
const DOT = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const HOME = '/gatehouse/'

/** Answers these paths; undefined: it is another one. */
export function answerWelcome(turn: Turn, trust: TrustSource): (() => void) | undefined {
  switch (turn.context.target.path) {
    case '/gatehouse/welcome':
      return () => writeWelcome(turn, trust)
    case '/gatehouse/trusted.gif':
      return () => writeDot(turn)
    case '/gatehouse/authority.crt':
      return () => writeFile(turn, toFile(turn, trust))
    case '/gatehouse/authority.mobileconfig':
      return () => writeFile(turn, toProfile(findAuthority(trust), trust.computer))
    default:
      return undefined
  }
}

/** As the pipeline checked it: behind a trusted proxy the header `Host` may say anything. */
const hostOf = ({ incoming, context }: Turn): string | undefined => context.host ?? incoming.headers.host

function writeWelcome(turn: Turn, trust: TrustSource): void {
  const { incoming, context } = turn
  const query = new URLSearchParams(context.target.search)
  const asked = toOwnPath(query.get('next'))
  const next = asked === '/' ? HOME : asked
  const secureOrigin = toOrigin(hostOf(turn), true)
  const state = trust.describe()
  if (secureOrigin === undefined) throw new GateError('HOST_NOT_ALLOWED', 'This computer is not known under that name.')
  if (state.kind === null || state.publiclyTrusted) {
    redirect(turn, state.kind === null ? next : secureOrigin + next)
    return
  }
  const on = query.get('on')
  const userAgent = incoming.headers['user-agent']
  const view: WelcomeView = {
    computer: trust.computer,
    state,
    platform: isPlatform(on) ? on : guessPlatform(userAgent),
    userAgent,
    secureOrigin,
    next,
    secure: context.secure,
    fileName: trust.authority === undefined ? '' : toCertificateFile(trust.authority, trust.computer, false).name,
  }
  if (state.kind === 'own') writeHtml(turn, ownCertificatePage(view), view)
  else if (isPlatform(on) && state.authority !== null) writeHtml(turn, stepsPage(view), view)
  else writeHtml(turn, welcomePage(view), view)
}

function findAuthority(trust: TrustSource): NonNullable<TrustSource['authority']> {
  if (trust.authority !== undefined) return trust.authority
  throw new GateError('NOT_FOUND', 'This computer has no authority that a device could trust.')
}

function toFile({ context }: Turn, trust: TrustSource): AuthorityFile {
  const isPem = new URLSearchParams(context.target.search).get('form') === 'pem'
  return toCertificateFile(findAuthority(trust), trust.computer, isPem)
}

const common = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const

/** Scripts: the one of these pages. Pictures: the one over HTTPS that shows whether the device trusts. */
function policyOf(turn: Turn, { secureOrigin }: WelcomeView): string {
  const own = toOrigin(hostOf(turn), turn.context.secure)
  return [
    "default-src 'none'",
    `script-src ${toSource(own, '/gatehouse/assets/welcome.js')}`,
    `style-src '${styleHash(welcomeStyle)}'`,
    `img-src ${secureOrigin.includes('[') ? 'https:' : `${secureOrigin}/gatehouse/trusted.gif`}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function writeHtml(turn: Turn, html: string, view: WelcomeView): void {
  checkReading(turn)
  const { outgoing, context } = turn
  outgoing.writeHead(200, {
    ...common,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
    'content-security-policy': policyOf(turn, view),
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'x-frame-options': 'DENY',
    vary: 'User-Agent',
  })
  outgoing.end(context.method === 'HEAD' ? undefined : html)
}

function writeFile(turn: Turn, { body, type, name }: AuthorityFile): void {
  checkReading(turn)
  turn.outgoing.writeHead(200, {
    ...common,
    'content-type': type,
    'content-length': body.length,
    // iPhones take a profile only when it is not an attachment; the others save under this name all the same.
    'content-disposition': `inline; filename="${name}"`,
    'content-security-policy': "default-src 'none'; sandbox",
  })
  turn.outgoing.end(turn.context.method === 'HEAD' ? undefined : body)
}

/** The page asks from the other scheme, which is another origin; there is nothing to see in the dot. */
function writeDot(turn: Turn): void {
  checkReading(turn)
  turn.outgoing.writeHead(200, {
    ...common,
    'content-type': 'image/gif',
    'content-length': DOT.length,
    'cross-origin-resource-policy': 'cross-origin',
    'content-security-policy': "default-src 'none'; sandbox",
  })
  turn.outgoing.end(turn.context.method === 'HEAD' ? undefined : DOT)
}

function redirect(turn: Turn, location: string): void {
  checkReading(turn)
  turn.outgoing.writeHead(303, { ...common, location, 'content-length': 0 })
  turn.outgoing.end()
}

function checkReading({ context }: Turn): void {
  if (context.method === 'GET' || context.method === 'HEAD') return
  throw new GateError('METHOD_NOT_ALLOWED', 'This can only be read.', { details: { allow: ['GET', 'HEAD'] } })
}
