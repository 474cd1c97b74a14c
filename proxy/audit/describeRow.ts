import { z } from 'zod'
import type { AuditRow } from '../contract/auditLog.ts'
import type { AuditTableRow } from './auditTable.ts'

const detailsSchema = z.record(z.string(), z.unknown())
const actorKinds = ['account', 'commandLine', 'system', 'unknown'] as const

/** A row as the API and exports tell it. One that somebody changed is told as far as it can be read. */
export function describeRow(row: AuditTableRow): AuditRow {
  return {
    seq: row.seq,
    at: toIso(row.at_ms),
    event: row.event,
    actor: {
      kind: actorKinds.find((kind) => kind === row.actor_kind) ?? 'unknown',
      id: row.actor_id,
      name: row.actor_name,
    },
    address: row.address,
    details: parseDetails(row.details),
  }
}

function parseDetails(text: string): Record<string, unknown> {
  try {
    return detailsSchema.parse(JSON.parse(text))
  } catch {
    return {} // not what was written; what is wrong with it, `verify` tells
  }
}

const MAX_DATE_MS = 8.64e15
const toIso = (atMs: number): string => new Date(Math.abs(atMs) <= MAX_DATE_MS ? atMs : 0).toISOString()
