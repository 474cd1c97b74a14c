import { findRoute } from '../../proxy/comfyui/routeTable.ts'
import { errorStatus } from '../../proxy/contract/errorCodes.ts'
import type { WorkflowGrants } from '../../proxy/contract/workflows.ts'
import type { Principal } from '../../proxy/pipeline/requestContext.ts'
import { authorize } from '../../proxy/policy/authorize.ts'
import { holds } from '../../proxy/policy/rights.ts'
import { isGranted } from '../../proxy/workflows/grants.ts'
import { accountIdOf, customRole, keyPrincipal } from './gateFixture.ts'
import type { CustomRole } from './gateFixture.ts'
import type { Role } from '../../proxy/contract/roles.ts'

/** Whose key asks. */
export interface WorkflowColumn {
  readonly title: string
  readonly role: Role | CustomRole | undefined
  /** Whether the key is for one workflow alone: the one that is asked for, or another one. */
  readonly only?: 'this' | 'other'
}

export const workflowColumns: readonly WorkflowColumn[] = [
  { title: 'nobody', role: undefined },
  { title: 'guest', role: 'guest' },
  { title: 'viewer', role: 'viewer' },
  { title: 'user', role: 'user' },
  { title: `${customRole.title} (a role of the owner’s)`, role: customRole },
  { title: 'creator', role: 'creator' },
  { title: 'administrator', role: 'administrator' },
  { title: 'user, key for this workflow', role: 'user', only: 'this' },
  { title: 'user, key for another one', role: 'user', only: 'other' },
]

/** How a workflow stands to whoever asks for it. */
export interface WorkflowCase {
  readonly title: string
  /** By whom it may be run; undefined: it was removed. */
  readonly grants: ((accountId: string, role: string) => WorkflowGrants) | undefined
  /** false: what is sent is as an earlier version was. */
  readonly isCurrent: boolean
}

const nobody: WorkflowGrants = { public: false, roles: [], people: [] }

export const workflowCases: readonly WorkflowCase[] = [
  { title: 'granted to the role', grants: (_, role) => ({ ...nobody, roles: [role] }), isCurrent: true },
  { title: 'granted to the person', grants: (id) => ({ ...nobody, people: [id] }), isCurrent: true },
  { title: 'public', grants: () => ({ ...nobody, public: true }), isCurrent: true },
  { title: 'not granted', grants: () => nobody, isCurrent: true },
  { title: 'not published any more', grants: undefined, isCurrent: true },
  { title: 'public, in a newer version', grants: () => ({ ...nobody, public: true }), isCurrent: false },
]

export const workflowRequests = [
  { title: 'GET workflows/{id}', method: 'GET', path: (id: string) => `/gatehouse/api/v1/workflows/${id}`, done: 200 },
  {
    title: 'POST workflows/{id}/run',
    method: 'POST',
    path: (id: string) => `/gatehouse/api/v1/workflows/${id}/run`,
    done: 201,
  },
  { title: 'POST /prompt', method: 'POST', path: () => '/prompt', done: 200 },
] as const
export type WorkflowRequest = (typeof workflowRequests)[number]

const THIS = 'thisthisthisthis'
const OTHER = 'otherotherother1'

export function principalOfColumn({ role, only }: WorkflowColumn): Principal | undefined {
  if (role === undefined) return undefined
  const workflowId = only === undefined ? undefined : only === 'this' ? THIS : OTHER
  return keyPrincipal('mia', role, ['run', 'read'], workflowId)
}

/** The status that the policy and the grants make of a request. */
export function decideWorkflow(request: WorkflowRequest, column: WorkflowColumn, standing: WorkflowCase): number {
  const principal = principalOfColumn(column)
  // With the workflow its keys are gone.
  if (column.only === 'this' && standing.grants === undefined) return 401
  const segments = request.path(THIS).slice(1).split('/')
  const { access, action } = findRoute(segments, request.method)
  const asked = { access, isOwn: action === 'own', method: request.method, segments, principal }
  const decision = authorize({ ...asked, listener: 'public', managerFromOtherDevices: false })
  if (!decision.allowed) return errorStatus[decision.code]
  if (principal === undefined) throw new TypeError('nothing of workflows is open to nobody')
  const isPrompt = request.title === 'POST /prompt'
  // Whoever may build sends a graph of their own.
  if (isPrompt && holds(principal, 'graphs')) return request.done
  const grants = standing.grants?.(accountIdOf('mia'), principal.role)
  const isTheirs = grants !== undefined && isGranted(grants, principal)
  if (isPrompt) return isTheirs && standing.isCurrent ? request.done : 400
  return isTheirs ? request.done : 404
}

const cell = (status: number, done: number): string => (status === done ? '✓' : String(status))

/** The second part of docs/routes.md: who may see and run which workflow. */
export function renderWorkflowMatrix(): string {
  const rows = workflowCases.flatMap((standing) =>
    workflowRequests.map((request) => {
      const cells = workflowColumns.map((column) => cell(decideWorkflow(request, column, standing), request.done))
      return `| ${standing.title} | \`${request.title}\` | ${cells.join(' | ')} |`
    }),
  )
  return `
# Workflows: who may run which

Generated from the policy and the rule of grants by \`tests/attack/workflowMatrix.test.ts\`, which asks each of these over
HTTP. Keys with the scopes \`run\` and \`read\`, or for one workflow. \`POST /prompt\` sends the graph of that workflow, as it
was published: of whoever may build it is a graph like any other. HEAD counts as GET; below \`/api\` stands \`prompt\` alone.

| the workflow is | request | ${workflowColumns.map(({ title }) => title).join(' | ')} |
|---|---|${workflowColumns.map(() => '---').join('|')}|
${rows.join('\n')}
`
}
