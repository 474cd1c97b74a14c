import { routeRows } from '../../proxy/comfyui/routeRows.ts'
import type { RouteRow } from '../../proxy/comfyui/routeRows.ts'
import { findRoute } from '../../proxy/comfyui/routeTable.ts'
import { errorStatus } from '../../proxy/contract/errorCodes.ts'
import { authorize } from '../../proxy/policy/authorize.ts'
import { segmentsOn } from '../../proxy/pipeline/exchange.ts'
import { isOnAdministration } from '../../proxy/pipeline/stages/authorize.ts'
import type { ListenerName, Principal } from '../../proxy/pipeline/requestContext.ts'
import { renderWorkflowMatrix } from './workflowMatrix.ts'
import { customRole, keyPrincipal, sessionPrincipal, tokens } from './gateFixture.ts'

export interface Column {
  readonly title: string
  readonly principal: Principal | undefined
  readonly listener: ListenerName
  readonly token: string | undefined
  readonly asCookie: boolean
}

const key = (title: string, token: string, principal: Principal): Column => ({
  title,
  principal,
  token,
  listener: 'public',
  asCookie: false,
})
const session = (title: string, token: string, principal: Principal, listener: ListenerName = 'public'): Column => ({
  title,
  principal,
  token,
  listener,
  asCookie: true,
})

/** Everybody who may ask, with the token that the gate fixture knows them by. */
export const columns: readonly Column[] = [
  { title: 'nobody', principal: undefined, listener: 'public', token: undefined, asCookie: false },
  key('guest', tokens.guest, keyPrincipal('gus', 'guest')),
  key('viewer', tokens.viewer, keyPrincipal('vera', 'viewer')),
  key('user', tokens.user, keyPrincipal('uma', 'user')),
  session('user, signed in', tokens.userSession, sessionPrincipal('uma', 'user')),
  key(`${customRole.title} (a role of the owner’s)`, tokens.studio, keyPrincipal('stu', customRole)),
  key('creator, key read', tokens.reader, keyPrincipal('rhea', 'creator', ['read'])),
  key('creator, key run', tokens.creator, keyPrincipal('cleo', 'creator')),
  session('creator, signed in', tokens.creatorSession, sessionPrincipal('cleo', 'creator')),
  key('administrator, key run', tokens.admin, keyPrincipal('ada', 'administrator')),
  key(
    'administrator, key administer',
    tokens.adminAll,
    keyPrincipal('ada', 'administrator', ['run', 'read', 'keys', 'administer']),
  ),
  session('administrator, signed in', tokens.adminSession, sessionPrincipal('ada', 'administrator')),
  session('Open ComfyUI', tokens.canvasSession, sessionPrincipal('ada', 'administrator', { fromOwnerWindow: true })),
  session(
    "owner's window",
    tokens.ownerSession,
    sessionPrincipal('ada', 'administrator', { surface: 'owner' }),
    'owner',
  ),
  session(
    'administration, signed in',
    tokens.administrationSession,
    sessionPrincipal('ada', 'administrator', { surface: 'administration' }),
    'administration',
  ),
]

/** For rows that take every method: one that reads and one that changes. */
const ALL_METHODS = ['GET', 'POST']

export interface Probe {
  readonly method: string
  /** A path that the row fits. */
  readonly path: string
  readonly pattern: string
  readonly action: RouteRow['action'] | 'static'
}

const samplePath = ({ pattern }: RouteRow): string =>
  pattern
    .replace('{index}', '0')
    .replace('{+dest}', 'b.json')
    .replace('{+file}', 'a.json')
    .replace(/\{\w+\}/g, 'x')
    .replace('*', 'x')

/** One probe for every row, method and twin, and for what is in no row. */
export function allProbes(): readonly Probe[] {
  const known = routeRows.flatMap((row) =>
    (row.methods.length === 0 ? ALL_METHODS : row.methods).flatMap((method) => {
      const plain = { method, path: samplePath(row), pattern: row.pattern, action: row.action }
      const twin = { ...plain, path: `/api${plain.path}` }
      if (row.twin === 'only') return [twin]
      return row.twin === false ? [plain] : [plain, twin]
    }),
  )
  const others = [
    ['GET', '/of/a/custom/node'],
    ['POST', '/of/a/custom/node'],
    ['GET', '/favicon.ico'],
    ['GET', '/user.css'],
    ['GET', '/api/api/queue'],
    ['GET', '/api/gatehouse/companion/health'],
    ['GET', '/api/gatehouse/api/v1/users'],
    ['GET', '/Gatehouse/companion/health'],
  ] as const
  return [...known, ...others.map(([method, path]) => ({ method, path, pattern: '', action: 'pass' }) as const)]
}

/** Status of the refusal, or `pass`. */
export function decide({ method, path }: Probe, column: Column): number | 'pass' {
  const segments = path.slice(1).split('/')
  const { principal, listener } = column
  const route = findRoute(segmentsOn(listener, { path, segments }), method)
  if (listener === 'administration' && !isOnAdministration(route)) return errorStatus.NOT_FOUND
  const { access, action } = route
  const asked = { access, isOwn: action === 'own', method, segments, listener, principal }
  const decision = authorize({ ...asked, managerFromOtherDevices: false })
  return decision.allowed ? 'pass' : errorStatus[decision.code]
}

const cell = (decision: number | 'pass'): string => (decision === 'pass' ? '✓' : String(decision))

/** docs/routes.md: who may do what, generated from the route table and the policy. */
export function renderRouteMatrix(): string {
  const lines = allProbes().map((probe) => {
    const { access, action } = findRoute(probe.path.slice(1).split('/'), probe.method)
    const name =
      probe.pattern === ''
        ? probe.path
        : probe.path.startsWith('/api/') && !probe.pattern.startsWith('/api/')
          ? `/api${probe.pattern}`
          : probe.pattern
    const cells = columns.map((column) => cell(decide(probe, column)))
    return `| ${probe.method} | \`${name}\` | ${access} | ${action} | ${cells.join(' | ')} |`
  })
  return `# Routes: who may do what

Generated from the route table and the policy by \`tests/attack/routeMatrix.test.ts\` (\`UPDATE_ROUTES=1\` writes it anew).
✓: allowed; a number: the status of the refusal. "signed in" is a browser session on the people's address; "Open ComfyUI"
is the session that the owner's window opens for ComfyUI's page; "owner's window" asks on the owner's own listener,
"administration" on the port for administrators on other devices, where ✓ for \`/\` is the gate's own page. HEAD counts
as GET. Everything else, on any path, is what the last rows show.

| method | path | needs | action | ${columns.map(({ title }) => title).join(' | ')} |
|---|---|---|---|${columns.map(() => '---').join('|')}|
${lines.join('\n')}
${renderWorkflowMatrix()}`
}
