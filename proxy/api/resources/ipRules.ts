import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { idSchema } from '../../contract/ids.ts'
import {
  createIpRuleSchema,
  importedIpRulesSchema,
  importIpRulesSchema,
  ipRuleEffectSchema,
  ipRulePageSchema,
  ipRuleSchema,
  previewIpRuleSchema,
} from '../../contract/ipRules.ts'
import type { IpRule } from '../../contract/ipRules.ts'
import { toIso, toIsoOrNull } from '../../core/time.ts'
import { readAddressList } from '../../network/addressList.ts'
import { findNetwork, parseNetwork } from '../../network/ipNetwork.ts'
import type { NewIpRule, StoredIpRule } from '../../network/ipRuleStore.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { IpRuleEffects, thisComputer } from '../ipRuleEffects.ts'
import type { RuleChange } from '../ipRuleEffects.ts'
import { pageQuerySchema, toPage } from '../paging.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

/** Lines of a list that were not understood and are shown; the others are counted. */
const MAX_SKIPPED = 100

const needsConfirmation = { 409: { description: 'Somebody would be locked out; `effect` says who' } } as const

const listRoute = createRoute({
  method: 'get',
  path: '/ip-rules',
  summary: 'Which addresses get in, newest rule first',
  request: { query: pageQuerySchema.extend({ search: z.string().trim().max(64).optional() }) },
  responses: { 200: jsonAnswer(ipRulePageSchema, 'Rules; of a search those that name it'), ...commonRefusals },
})

const createRuleRoute = createRoute({
  method: 'post',
  path: '/ip-rules',
  summary: 'Let an address or a network in, or keep it out; holds within a second, also for what is open',
  request: { body: jsonBody(createIpRuleSchema) },
  responses: { 201: jsonAnswer(ipRuleSchema, 'The rule'), ...needsConfirmation, ...commonRefusals },
})

const removeRoute = createRoute({
  method: 'delete',
  path: '/ip-rules/{id}',
  summary: 'Remove a rule',
  request: { params: z.object({ id: idSchema }), query: z.object({ confirm: z.enum(['true', 'false']).optional() }) },
  responses: { 204: noContent, ...needsConfirmation, ...commonRefusals },
})

const previewRoute = createRoute({
  method: 'post',
  path: '/ip-rules/preview',
  summary: 'Whom a rule would meet, before it is made or removed',
  request: { body: jsonBody(previewIpRuleSchema) },
  responses: { 200: jsonAnswer(ipRuleEffectSchema, 'What it would do'), ...commonRefusals },
})

const importRoute = createRoute({
  method: 'post',
  path: '/ip-rules/import',
  summary: 'Rules from a list with an address or network a line, such as whitelist.txt and blacklist.txt',
  request: { body: jsonBody(importIpRulesSchema) },
  responses: {
    200: jsonAnswer(importedIpRulesSchema, 'What became of the lines'),
    ...needsConfirmation,
    ...commonRefusals,
  },
})

/** Rules for addresses, for administrators. */
export function createIpRulesResource(dependencies: OwnApplicationDependencies) {
  const { stores, clock } = dependencies
  const { ipRules } = stores
  const effects = new IpRuleEffects(dependencies)

  /** The rules as they would be with these; a rule takes the place of the one there is for the same network. */
  const changeWith = (added: readonly NewIpRule[]): RuleChange['rules'] => {
    const names = new Set(added.map(toName))
    return [...ipRules.list().filter((rule) => !names.has(toName(rule))), ...added]
  }
  const without = (id: string): RuleChange => {
    const about = ipRules.find(id)
    if (about === undefined) throw new GateError('NOT_FOUND', 'There is no such rule.')
    return { rules: ipRules.list().filter((rule) => rule !== about), about }
  }
  const toPreviewed = (sent: z.infer<typeof previewIpRuleSchema>): RuleChange => {
    if ('remove' in sent) return without(sent.remove)
    const about = toRule({ ...sent, comment: '', expiresAtMs: null })
    return { rules: changeWith([about, ...companionsOf(sent)]), about }
  }

  return createRouter()
    .openapi(listRoute, (c) => {
      requireAdminister(c.env.context)
      const { search = '', ...query } = c.req.valid('query')
      const found = findRules(ipRules.list(), search)
      const { items, nextCursor } = toPage(found, query)
      return c.json({ items: items.map(describe), nextCursor, total: found.length }, 200)
    })
    .openapi(createRuleRoute, async (c) => {
      const principal = requireAdminister(c.env.context)
      const { expiresAt, confirm, ...sent } = c.req.valid('json')
      const expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt)
      if (expiresAtMs !== null && expiresAtMs <= clock.nowMs()) {
        throw new GateError('VALIDATION_FAILED', 'This rule would have ended already.')
      }
      const rule = toRule({ ...sent, expiresAtMs })
      const companions = companionsOf(sent)
      await effects.check({ rules: changeWith([rule, ...companions]), about: rule }, c.env.context, confirm)
      const by = toActedBy(principal, c.env.context.clientAddress)
      return c.json(describe(await ipRules.add(rule, by, companions)), 201)
    })
    .openapi(removeRoute, async (c) => {
      const principal = requireAdminister(c.env.context)
      const { id } = c.req.valid('param')
      await effects.check(without(id), c.env.context, c.req.valid('query').confirm === 'true')
      const removed = await ipRules.remove(id, toActedBy(principal, c.env.context.clientAddress))
      if (removed !== undefined) await stores.lockouts.forgetAddressOf(removed)
      return c.body(null, 204)
    })
    .openapi(previewRoute, async (c) => {
      requireAdminister(c.env.context)
      return c.json(await effects.describe(toPreviewed(c.req.valid('json')), c.env.context), 200)
    })
    .openapi(importRoute, async (c) => {
      const principal = requireAdminister(c.env.context)
      const { kind, text, confirm, alsoThisComputer } = c.req.valid('json')
      const { networks, skipped } = readAddressList(text)
      const rules = networks.map(({ cidr, comment }) => toRule({ kind, cidr, comment, expiresAtMs: null }, 'import'))
      const companions = companionsOf({ kind, alsoThisComputer })
      const [about] = rules
      if (about !== undefined) {
        const change = { rules: changeWith([...rules, ...companions]), about }
        await effects.check(change, c.env.context, confirm)
      }
      const by = toActedBy(principal, c.env.context.clientAddress)
      const added = about === undefined ? 0 : await ipRules.addMissing([...rules, ...companions], by)
      const shown = skipped.slice(0, MAX_SKIPPED)
      const known = Math.max(0, rules.length - added)
      return c.json({ added, known, skipped: [...shown], othersSkipped: skipped.length - shown.length }, 200)
    })
}

/** Rules that overlap with what is looked for, or say it in their comment. */
function findRules(rules: readonly StoredIpRule[], search: string): readonly StoredIpRule[] {
  if (search === '') return rules
  const network = findNetwork(search)
  const text = search.toLowerCase()
  return rules.filter(
    (rule) =>
      (network !== undefined && rule.network.first <= network.last && network.first <= rule.network.last) ||
      rule.network.cidr.startsWith(text) ||
      rule.comment.toLowerCase().includes(text),
  )
}

const toName = ({ kind, network }: Pick<NewIpRule, 'kind' | 'network'>): string => `${kind} ${network.cidr}`

interface Saying {
  readonly kind: NewIpRule['kind']
  readonly cidr: string
  readonly comment: string
  readonly expiresAtMs: number | null
}

/** @throws GateError VALIDATION_FAILED in words */
const toRule = ({ kind, cidr, comment, expiresAtMs }: Saying, source: NewIpRule['source'] = 'owner'): NewIpRule => ({
  kind,
  network: parseNetwork(cidr),
  comment,
  expiresAtMs,
  source,
})

/** What lets the programs of this computer in beside a rule that would keep them out. */
const companionsOf = (sent: { readonly kind: string; readonly alsoThisComputer: boolean }): readonly NewIpRule[] =>
  sent.kind === 'allow' && sent.alsoThisComputer
    ? thisComputer.map((network) => ({
        kind: 'allow',
        network,
        comment: 'This computer',
        expiresAtMs: null,
        source: 'owner',
      }))
    : []

const describe = ({ id, kind, network, comment, source, createdAtMs, expiresAtMs }: StoredIpRule): IpRule => ({
  id,
  kind,
  cidr: network.cidr,
  comment,
  source,
  createdAt: toIso(createdAtMs),
  expiresAt: toIsoOrNull(expiresAtMs),
})
