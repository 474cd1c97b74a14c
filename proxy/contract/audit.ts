/** Everything the log of what happened can say. Names are stable: never renamed, only added. */
export const auditEventNames = [
  'account.created',
  'account.disabled',
  'account.enabled',
  'account.passwordChanged',
  'account.removed',
  'account.renamed',
  'account.roleChanged',
  'address.blocked',
  'address.unblocked',
  'certificate.changed',
  'connection.refused',
  'device.forgotten',
  'engine.failed',
  'engine.restarted',
  'engine.started',
  'engine.stopped',
  'folder.changed',
  'folder.cleared',
  'folder.moved',
  'gate.started',
  'gate.stopped',
  'invitation.created',
  'invitation.used',
  'invitation.withdrawn',
  'ipRule.created',
  'ipRule.removed',
  'job.cancelled',
  'job.ended',
  'job.held',
  'job.moved',
  'job.released',
  'jobs.paused',
  'jobs.resumed',
  'key.created',
  'key.revoked',
  'key.sentUnprotected',
  'knock.answered',
  'knock.received',
  'knock.withdrawn',
  'knocking.changed',
  'log.damaged',
  'log.exported',
  'log.shortened',
  'log.shortenedByAge',
  'network.changed',
  'nodes.seen',
  'output.changed',
  'output.shared',
  'outputs.deleted',
  'outputs.removed',
  'outputs.restored',
  'prompt.accepted',
  'protection.checked',
  'request.changed',
  'request.denied',
  'role.changed',
  'role.created',
  'role.probed',
  'role.removed',
  'sentinel.imported',
  'session.ended',
  'session.started',
  'setting.changed',
  'sharing.changed',
  'signIn.failed',
  'signIn.paused',
  'socket.closed',
  'socket.opened',
  'token.created',
  'token.revoked',
  'workflow.changed',
  'workflow.published',
  'workflow.removed',
] as const
export type AuditEventName = (typeof auditEventNames)[number]

export type AuditActor =
  | { readonly kind: 'account'; readonly id: string; readonly name: string }
  /** Whoever may use the command line on this computer. */
  | { readonly kind: 'commandLine' }
  | { readonly kind: 'system' }
  /** Nobody known yet. A name that belongs to no account is never recorded: people type passwords there. */
  | { readonly kind: 'unknown' }

export type AuditValue = string | number | boolean | null | readonly string[]

/** What the right to do something rested on; its secret is never here. */
export type AuditCredential =
  | { readonly kind: 'session'; readonly sessionId: string }
  | { readonly kind: 'apiKey'; readonly keyId: string }
  | { readonly kind: 'token'; readonly tokenId: string }

/** One thing that happened. No password, key, token or cookie ever goes in, nor a request's query or body. */
export interface AuditEvent {
  readonly event: AuditEventName
  readonly actor: AuditActor
  readonly address?: string
  /** With which session, key or token: its id is kept with the details. */
  readonly authority?: { readonly credential: AuditCredential } | undefined
  readonly details?: Readonly<Record<string, AuditValue>>
}

export interface AuditSink {
  /** Returns at once; the row is written soon after. */
  record(event: AuditEvent): void
}
