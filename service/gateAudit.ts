import type { AuditActor, AuditEvent, AuditSink, AuditValue } from '../proxy/contract/audit.ts'
import { describeDevice } from '../proxy/accounts/deviceName.ts'
import { redact } from '../proxy/core/redact.ts'
import type { PipelineAudit, PipelineEvent } from '../proxy/pipeline/audit.ts'

const MAX_PATH = 200

/** A stranger chooses the path: it fills no disk, and a key that ended in it by mistake is not kept. */
function toKeptPath(path: string): string {
  const kept = redact(path)
  return kept.length > MAX_PATH ? `${kept.slice(0, MAX_PATH)}…` : kept
}

/** An event of the gate as the audit keeps it. The path is the canonical one and carries no query. */
export function toAuditEvent(event: PipelineEvent): AuditEvent {
  const { principal } = event
  const actor: AuditActor =
    principal === undefined ? { kind: 'unknown' } : { kind: 'account', id: principal.accountId, name: principal.name }
  const details: Record<string, AuditValue> = {
    listener: event.listener,
    method: event.method,
    path: toKeptPath(event.path),
  }
  if (event.code !== undefined) details['code'] = event.code
  if (event.detail !== undefined) details['detail'] = event.detail
  if (event.reserved === true) details['reserved'] = true
  if (event.userAgent !== undefined) details['device'] = describeDevice(event.userAgent)
  return { event: event.type, actor, address: event.clientAddress, authority: principal, details }
}

/** The gate's sink, writing into the chained log. */
export function createGateAudit(sink: AuditSink): PipelineAudit {
  return { record: (event) => sink.record(toAuditEvent(event)) }
}
