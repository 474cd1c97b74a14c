import type { IncomingMessage, ServerResponse } from 'node:http'
import { GateError } from '../contract/errorCodes.ts'
import { systemRandom } from '../core/random.ts'
import { findDeviceToken } from '../http/credentials.ts'
import { everywhere } from '../http/securityHeaders.ts'
import type { OwnApplication, RequestContext } from '../pipeline/requestContext.ts'
import { createPortal } from '../portal/portal.ts'
import type { OwnApplicationDependencies } from './dependencies.ts'
import { createDocsPage, docsPagePolicy } from './docsPage.ts'
import { createAuditExport, registerAuditExport } from './auditExportAnswer.ts'
import { EventStreams } from './events.ts'
import { apiPrefix, createOpenApiDocument, registerEvents } from './openapi.ts'
import { createJobPreview, registerJobPreview } from './jobPreview.ts'
import { createOutputFiles, registerOutputFiles } from './outputFiles.ts'
import { answerRefusal } from './problem.ts'
import { createAccountResource } from './resources/account.ts'
import { createAuditResource } from './resources/audit.ts'
import { createAdministrationResource } from './resources/administration.ts'
import { createCertificatesResource } from './resources/certificates.ts'
import { createComfyuiResource } from './resources/comfyui.ts'
import { createConnectionsResource } from './resources/connections.ts'
import { createJobsResource } from './resources/jobs.ts'
import { createFoldersResource } from './resources/folders.ts'
import { createInvitationsResource } from './resources/invitations.ts'
import { createInviteResource, isInvitationUse } from './resources/invite.ts'
import { createIpRulesResource } from './resources/ipRules.ts'
import { createKeysResource } from './resources/keys.ts'
import { createKnocksResource } from './resources/knocks.ts'
import { createLockoutsResource } from './resources/lockouts.ts'
import { createNodesResource } from './resources/nodes.ts'
import { createOutputsResource } from './resources/outputs.ts'
import { createRolesResource } from './resources/roles.ts'
import { createProtectionResource } from './resources/protection.ts'
import { createReachResource } from './resources/reach.ts'
import { createSessionResource } from './resources/session.ts'
import { createSessionsResource } from './resources/sessions.ts'
import { createSettingsResource } from './resources/settings.ts'
import { createSharesResource } from './resources/shares.ts'
import { createSharingResource } from './resources/sharing.ts'
import { createUsersResource } from './resources/users.ts'
import { createWorkflowDraftsResource } from './resources/workflowDrafts.ts'
import { createWorkflowManagement } from './resources/workflowManagement.ts'
import { createWorkflowsResource } from './resources/workflows.ts'
import { requirePrincipal } from './rights.ts'
import { createSharedFiles, registerSharedFiles } from './sharedFiles.ts'
import { createRouter } from './router.ts'
import type { ApiRouter } from './router.ts'
import { askRouter, writeAnswer } from './webAdapter.ts'
import { WorkflowDrafts } from './workflowDrafts.ts'

/**
 * Gatehouse's own surface: the HTTP API, one file a resource, and the pages of portal/. It comes after the pipeline
 * and trusts nothing but the RequestContext; it knows stores and interfaces, no listener and no upstream.
 */
export function createOwnApplication(dependencies: OwnApplicationDependencies): OwnApplication {
  const drafts = new WorkflowDrafts(dependencies.clock, systemRandom)
  const router = createApiRouter(dependencies, drafts)
  const document = createOpenApiDocument(router, dependencies.version)
  const openApi = Buffer.from(JSON.stringify(document))
  const docsPage = Buffer.from(createDocsPage(document))
  const events = new EventStreams(dependencies, drafts)
  const portal = createPortal(dependencies)
  const answerOutputFile = createOutputFiles(dependencies)
  const answerSharedFile = createSharedFiles(dependencies)
  const answerJobPreview = createJobPreview(dependencies)
  const answerAuditExport = createAuditExport(dependencies)

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse, context: RequestContext) => {
    const { path } = context.target
    const turn = { incoming, outgoing, context }
    const file = answerOutputFile(turn) ?? answerSharedFile(turn) ?? answerJobPreview(turn) ?? answerAuditExport(turn)
    if (file !== undefined) {
      await file
    } else if (path === `${apiPrefix}/events`) {
      checkMethod(context, ['GET'])
      events.open(outgoing, context)
    } else if (path === '/gatehouse/api/openapi.json') {
      checkMethod(context, ['GET', 'HEAD'])
      requirePrincipal(context)
      writeDocument(outgoing, openApi, { 'content-type': 'application/json; charset=utf-8' })
    } else if (path === '/gatehouse/api/docs') {
      checkMethod(context, ['GET', 'HEAD'])
      requirePrincipal(context)
      const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': docsPagePolicy }
      writeDocument(outgoing, docsPage, headers)
    } else if (isApi(path) || isInvitationUse(context)) {
      const { authenticator, passwordTries, guests } = dependencies.stores
      if (isGuestEntry(context)) await guests.refuseEarly(context.clientAddress)
      if (isSignIn(context)) {
        const deviceToken = findDeviceToken(incoming.headers.cookie, context.secure)
        await passwordTries.refusePausedAddress(context.clientAddress, deviceToken)
      }
      await writeAnswer(await askRouter(router, incoming, outgoing, context, authenticator), outgoing)
    } else {
      await portal(incoming, outgoing, context)
    }
  }

  return (incoming, outgoing, context) => {
    answer(incoming, outgoing, context).catch((error: unknown) => {
      const wantsPage = incoming.headers.accept?.includes('text/html') === true
      answerRefusal(error, outgoing, {
        audience: wantsPage && !isApi(context.target.path) && context.method === 'GET' ? 'page' : 'api',
        ownPath: context.target.path,
        logger: dependencies.logger,
      })
    })
  }
}

/** In the owner's window nobody signs in with a password. */
const isSignIn = ({ method, listener, target }: RequestContext): boolean =>
  method === 'POST' && listener !== 'owner' && target.path === `${apiPrefix}/session`

const isGuestEntry = ({ method, target }: RequestContext): boolean =>
  method === 'POST' && target.path === `${apiPrefix}/session/guest`

const isApi = (path: string): boolean => path === '/gatehouse/api' || path.startsWith('/gatehouse/api/')

function createApiRouter(dependencies: OwnApplicationDependencies, drafts: WorkflowDrafts): ApiRouter {
  const router = createRouter()
  const resources = [
    createSessionResource(dependencies),
    createAccountResource(dependencies),
    createUsersResource(dependencies),
    createInvitationsResource(dependencies),
    createKnocksResource(dependencies),
    createRolesResource(dependencies),
    createIpRulesResource(dependencies),
    createLockoutsResource(dependencies),
    createKeysResource(dependencies),
    createNodesResource(dependencies),
    createSessionsResource(dependencies),
    createComfyuiResource(dependencies),
    createSharingResource(dependencies),
    createCertificatesResource(dependencies),
    createAdministrationResource(dependencies),
    createSettingsResource(dependencies),
    createConnectionsResource(dependencies),
    createAuditResource(dependencies),
    createJobsResource(dependencies),
    createFoldersResource(dependencies),
    createSharesResource(dependencies),
    createOutputsResource(dependencies),
    createReachResource(dependencies),
    createProtectionResource(dependencies),
    createWorkflowDraftsResource(drafts),
    createWorkflowManagement(dependencies),
    createWorkflowsResource(dependencies),
  ]
  router.use('*', async (c, next) => {
    await next()
    c.header('cache-control', 'no-store')
    for (const [name, value] of everywhere) c.header(name, value)
  })
  for (const resource of resources) router.route(apiPrefix, resource)
  router.route('/', createInviteResource(dependencies))
  registerEvents(router)
  registerOutputFiles(router)
  registerSharedFiles(router)
  registerJobPreview(router)
  registerAuditExport(router)
  router.notFound(() => {
    throw new GateError('NOT_FOUND', 'There is no such thing in this API.')
  })
  router.onError((error) => {
    throw toRefusal(error)
  })
  return router
}

/** What hono refuses by itself, of a body whose type or text is odd, comes as its own HTTPException. */
function toRefusal(error: Error): Error {
  if (error instanceof GateError || !('status' in error)) return error
  if (error.status === 400) return new GateError('BAD_REQUEST', 'This is not valid JSON.', { cause: error })
  if (error.status !== 415) return error
  return new GateError('UNSUPPORTED_MEDIA_TYPE', 'Send this as application/json.', { cause: error })
}

function checkMethod(context: RequestContext, allow: readonly string[]): void {
  if (allow.includes(context.method)) return
  throw new GateError('METHOD_NOT_ALLOWED', 'This can only be read.', { details: { allow } })
}

function writeDocument(outgoing: ServerResponse, body: Buffer, headers: Readonly<Record<string, string>>): void {
  outgoing.writeHead(200, {
    ...headers,
    'content-length': body.length,
    'cache-control': 'no-cache',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  })
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : body)
}
