import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { ActedBy } from '../../accounts/actedBy.ts'
import { createSessionCookie } from '../../accounts/sessionCookie.ts'
import { passwordSchema } from '../../contract/accounts.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { idSchema } from '../../contract/ids.ts'
import {
  answerKnockSchema,
  doorSchema,
  knockAnsweredSchema,
  knockedSchema,
  knockHeader,
  knockSchema,
  knocksSchema,
  setKnockingSchema,
} from '../../contract/knocks.ts'
import type { Door, Knocks } from '../../contract/knocks.ts'
import { toIso, toIsoOrNull } from '../../core/time.ts'
import type { RequestContext } from '../../pipeline/requestContext.ts'
import type { ApiEnvironment, OwnApplicationDependencies } from '../dependencies.ts'
import { requireAdminister, requirePrincipal } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/knocks',
  summary: 'Who stands at the door; only in the owner’s window',
  responses: { 200: jsonAnswer(knocksSchema, 'At most five'), ...commonRefusals },
})

const openRoute = createRoute({
  method: 'put',
  path: '/knocks',
  summary: 'Let people knock for ten minutes, or no longer; only in the owner’s window',
  request: { body: jsonBody(setKnockingSchema) },
  responses: { 200: jsonAnswer(knocksSchema, 'The door'), ...commonRefusals },
})

const emptyRoute = createRoute({
  method: 'delete',
  path: '/knocks',
  summary: 'Send everybody at the door away; they may not ask again while it stays open; only in the owner’s window',
  responses: { 200: jsonAnswer(knocksSchema, 'The door, and nobody at it'), ...commonRefusals },
})

const answerRoute = createRoute({
  method: 'post',
  path: '/knocks/{id}/answer',
  summary: 'Let somebody in by the words on their phone, or not; wrong words are a no',
  request: { params: z.object({ id: idSchema }), body: jsonBody(answerKnockSchema) },
  responses: { 200: jsonAnswer(knockAnsweredSchema, 'What came of it'), ...commonRefusals },
})

const askRoute = createRoute({
  method: 'post',
  path: '/session/knock',
  summary: 'Ask to come in, while the owner lets people knock',
  security: [],
  request: { body: jsonBody(knockSchema) },
  responses: { 201: jsonAnswer(knockedSchema, 'Words to show, and what this browser alone knows'), ...commonRefusals },
})

const doorRoute = createRoute({
  method: 'get',
  path: '/session/knock',
  summary: `Whether one may knock; with the header ${knockHeader}, what came of it. Let in, it sets the session cookie`,
  security: [],
  responses: { 200: jsonAnswer(doorSchema, 'The door'), ...commonRefusals },
})

const withdrawRoute = createRoute({
  method: 'delete',
  path: '/session/knock',
  summary: 'Ask no longer to come in, by the browser that knocked',
  security: [],
  responses: { 204: noContent, ...commonRefusals },
})

const passwordRoute = createRoute({
  method: 'put',
  path: '/session/knock',
  summary: 'Choose a first password, for whoever was just let in, by the browser that knocked',
  request: { body: jsonBody(z.object({ password: passwordSchema })) },
  responses: { 204: noContent, ...commonRefusals },
})

/** The knock at the door, from both sides. */
export function createKnocksResource({ stores }: OwnApplicationDependencies) {
  const { knocks, settings } = stores
  const describe = async (): Promise<Knocks> => ({
    openUntil: toIsoOrNull(knocks.openUntilMs),
    items: (await knocks.list()).map(({ askedAtMs, endsAtMs, looksLike, choices, ...knock }) => ({
      ...knock,
      choices: [...choices],
      askedAt: toIso(askedAtMs),
      endsAt: toIso(endsAtMs),
      looksLike: looksLike ?? null,
    })),
    nextCursor: null,
  })
  return createRouter()
    .openapi(listRoute, async (c) => {
      requireOwner(c.env.context)
      return c.json(await describe(), 200)
    })
    .openapi(openRoute, async (c) => {
      knocks.setOpen(c.req.valid('json').open, requireOwner(c.env.context))
      return c.json(await describe(), 200)
    })
    .openapi(emptyRoute, async (c) => {
      knocks.sendAllAway(requireOwner(c.env.context))
      return c.json(await describe(), 200)
    })
    .openapi(answerRoute, async (c) => {
      const by = requireOwner(c.env.context)
      const result = await knocks.answer(c.req.valid('param').id, c.req.valid('json'), by)
      return c.json({ result }, 200)
    })
    .openapi(askRoute, (c) => {
      const { clientAddress, secure } = requireStranger(c.env.context)
      const { name } = c.req.valid('json')
      const asked = knocks.ask({ name, clientAddress, secure, userAgent: c.req.header('user-agent') })
      return c.json({ secret: asked.secret, words: asked.words, endsAt: toIso(asked.endsAtMs) }, 201)
    })
    .openapi(doorRoute, async (c) => {
      const { clientAddress, secure } = requirePublic(c.env.context)
      const open = knocks.openUntilMs !== undefined
      const closed: Door = { open, state: 'none', endsAt: null, mayChoosePassword: false }
      const secret = findSecret(c.env)
      if (secret === undefined) return c.json(closed, 200)
      const answer = await knocks.poll({ secret, clientAddress, secure, userAgent: c.req.header('user-agent') })
      if (answer.state === 'waiting')
        return c.json({ ...closed, state: answer.state, endsAt: toIsoOrNull(answer.endsAtMs) }, 200)
      if (answer.state !== 'letIn') return c.json({ ...closed, state: answer.state }, 200)
      const { token, session, account, mayChoosePassword } = answer
      const longest = settings.get('sessions.absoluteDays') * 86_400
      const visit = Math.ceil(((account.expiresAtMs ?? Infinity) - session.createdAtMs) / 1000)
      c.header('set-cookie', createSessionCookie(token, { ...c.env.context, maxAgeSeconds: Math.min(longest, visit) }))
      return c.json({ ...closed, state: answer.state, mayChoosePassword }, 200)
    })
    .openapi(withdrawRoute, (c) => {
      const { clientAddress, secure } = requirePublic(c.env.context)
      const secret = findSecret(c.env)
      if (secret === undefined) throw new GateError('NOT_FOUND', 'Nobody waits there any more.')
      knocks.withdraw({ secret, clientAddress, secure })
      return c.body(null, 204)
    })
    .openapi(passwordRoute, async (c) => {
      const { context } = c.env
      const { clientAddress, secure } = requirePublic(context)
      const principal = requirePrincipal(context)
      const secret = findSecret(c.env)
      if (secret === undefined || principal.credential.kind !== 'session') {
        throw new GateError('PERMISSION_DENIED', 'Only whoever was just let in chooses a password here.')
      }
      const { password } = c.req.valid('json')
      const { sessionId } = principal.credential
      const userAgent = c.req.header('user-agent')
      const by = toActedBy(principal, clientAddress)
      await knocks.choosePassword({ secret, clientAddress, secure, userAgent, password, sessionId }, by)
      return c.body(null, 204)
    })
}

/** Words are compared by whoever sits at this computer: neither a key nor another device lets anybody in. */
function requireOwner(context: RequestContext): ActedBy {
  const principal = requireAdminister(context)
  const { credential } = principal
  if (credential.kind === 'session' && credential.surface === 'owner')
    return toActedBy(principal, context.clientAddress)
  throw new GateError('OWNER_ONLY', "Who is at the door is answered only in Gatehouse's own window on this computer.")
}

function requirePublic(context: RequestContext): RequestContext {
  if (context.listener === 'public') return context
  throw new GateError('PERMISSION_DENIED', 'People knock on the address that people use.')
}

function requireStranger(context: RequestContext): RequestContext {
  if (context.principal !== undefined) throw new GateError('BAD_REQUEST', 'You are in already.')
  return requirePublic(context)
}

/** In a header: an address would be remembered and logged. */
function findSecret({ incoming }: ApiEnvironment['Bindings']): string | undefined {
  const sent = incoming.headers[knockHeader]
  return typeof sent === 'string' ? sent.slice(0, 200) : undefined
}
