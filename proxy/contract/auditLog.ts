import { z } from 'zod'
import { auditEventNames } from './audit.ts'
import type { AuditEventName } from './audit.ts'

/** What a list of everything that happened is looked through for. */
export const auditGroups = [
  'signIns',
  'people',
  'keys',
  'network',
  'jobs',
  'files',
  'workflows',
  'settings',
  'gatehouse',
] as const
export type AuditGroup = (typeof auditGroups)[number]

const groupOf: Readonly<Record<AuditEventName, AuditGroup>> = {
  'account.created': 'people',
  'account.disabled': 'people',
  'account.enabled': 'people',
  'account.passwordChanged': 'people',
  'account.removed': 'people',
  'account.renamed': 'people',
  'account.roleChanged': 'people',
  'address.blocked': 'network',
  'address.unblocked': 'network',
  'certificate.changed': 'network',
  'connection.refused': 'network',
  'device.forgotten': 'signIns',
  'engine.failed': 'gatehouse',
  'engine.restarted': 'gatehouse',
  'engine.started': 'gatehouse',
  'engine.stopped': 'gatehouse',
  'folder.changed': 'files',
  'folder.cleared': 'files',
  'folder.moved': 'files',
  'gate.started': 'gatehouse',
  'gate.stopped': 'gatehouse',
  'invitation.created': 'people',
  'invitation.used': 'people',
  'invitation.withdrawn': 'people',
  'ipRule.created': 'network',
  'ipRule.removed': 'network',
  'job.cancelled': 'jobs',
  'job.ended': 'jobs',
  'job.held': 'jobs',
  'job.moved': 'jobs',
  'job.released': 'jobs',
  'jobs.paused': 'jobs',
  'jobs.resumed': 'jobs',
  'key.created': 'keys',
  'key.revoked': 'keys',
  'key.sentUnprotected': 'keys',
  'knock.answered': 'people',
  'knock.received': 'people',
  'knock.withdrawn': 'people',
  'knocking.changed': 'people',
  'log.damaged': 'gatehouse',
  'log.exported': 'gatehouse',
  'log.shortened': 'gatehouse',
  'log.shortenedByAge': 'gatehouse',
  'network.changed': 'network',
  'nodes.seen': 'settings',
  'output.changed': 'files',
  'output.shared': 'files',
  'outputs.deleted': 'files',
  'outputs.removed': 'files',
  'outputs.restored': 'files',
  'prompt.accepted': 'jobs',
  'protection.checked': 'gatehouse',
  'request.changed': 'network',
  'request.denied': 'network',
  'role.changed': 'people',
  'role.created': 'people',
  'role.probed': 'people',
  'role.removed': 'people',
  'sentinel.imported': 'people',
  'session.ended': 'signIns',
  'session.started': 'signIns',
  'setting.changed': 'settings',
  'sharing.changed': 'network',
  'signIn.failed': 'signIns',
  'signIn.paused': 'signIns',
  'socket.closed': 'network',
  'socket.opened': 'network',
  'token.created': 'keys',
  'token.revoked': 'keys',
  'workflow.changed': 'workflows',
  'workflow.published': 'workflows',
  'workflow.removed': 'workflows',
}

export const auditGroupOf = (event: AuditEventName): AuditGroup => groupOf[event]
export const eventsOfGroup = (group: AuditGroup): AuditEventName[] =>
  auditEventNames.filter((event) => groupOf[event] === group)

/** Where somebody or something was not let. */
export const refusalEvents: readonly AuditEventName[] = [
  'address.blocked',
  'connection.refused',
  'request.denied',
  'signIn.failed',
  'signIn.paused',
]

export const auditRowSchema = z.object({
  seq: z.number(),
  at: z.iso.datetime(),
  /** One of `auditEventNames`, or a name of a newer version. */
  event: z.string(),
  actor: z.object({
    kind: z.enum(['account', 'commandLine', 'system', 'unknown']),
    id: z.string().nullable(),
    name: z.string().nullable(),
  }),
  address: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
})
export type AuditRow = z.infer<typeof auditRowSchema>

/**
 * What can be wrong with the log. `cutTail`: the newest rows are missing. `replaced`: the rows fit each other but are
 * not those that were there.
 */
export const auditFindingKinds = [
  'changed',
  'removed',
  'inserted',
  'reordered',
  'replaced',
  'cutTail',
  'emptied',
  'checkpoint',
  'mark',
] as const

export const auditFindingSchema = z.object({
  kind: z.enum(auditFindingKinds),
  /** The first and the last row it is about. */
  fromSeq: z.number(),
  toSeq: z.number(),
})
export type AuditFinding = z.infer<typeof auditFindingSchema>

/**
 * `kept`: the newest rows are marked outside of the database, so that cutting them off shows. `none`: there is no place
 * for a mark (secrets come from the environment), or none was made yet.
 */
export const auditMarkSchema = z.enum(['kept', 'none', 'unreadable'])

export const auditVerdictSchema = z.object({
  kind: z.enum(['whole', 'broken']),
  rows: z.number(),
  /** Nothing before this row is there any more: it was old. 0: nothing was removed. */
  shortenedTo: z.number(),
  mark: auditMarkSchema,
  findings: z.array(auditFindingSchema),
  /** Whether there is more wrong than is listed. */
  more: z.boolean(),
})
export type AuditVerdict = z.infer<typeof auditVerdictSchema>

export const auditVerificationSchema = z.object({
  state: z.enum(['running', 'done', 'failed']),
  done: z.number(),
  total: z.number(),
  /** Of the last one that came to an end. */
  verdict: auditVerdictSchema.nullable(),
  at: z.iso.datetime().nullable(),
})
export type AuditVerification = z.infer<typeof auditVerificationSchema>
