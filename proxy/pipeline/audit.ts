import type { ErrorCode } from '../contract/errorCodes.ts'
import type { ListenerName, Principal } from './requestContext.ts'

/** What the gate itself tells the audit; signing in, keys and settings are told by their own parts. */
export interface PipelineEvent {
  readonly type:
    'request.denied' | 'request.changed' | 'prompt.accepted' | 'socket.opened' | 'socket.closed' | 'connection.refused'
  readonly listener: ListenerName
  readonly clientAddress: string
  readonly principal: Principal | undefined
  readonly method: string
  /** The canonical path, never a query: queries carry names of files and, by mistake, keys. */
  readonly path: string
  /** The client's User-Agent, kept only in words. */
  readonly userAgent?: string | undefined
  /** The refusal, for `request.denied`. */
  readonly code?: ErrorCode
  /** The prompt's id for `prompt.accepted`, the close code for `socket.closed`. */
  readonly detail?: string
  /** Of `request.changed`: only administrators may, because it changes what everybody does. */
  readonly reserved?: boolean
}

/** Takes events in the order in which they happened; must not throw. */
export interface PipelineAudit {
  record(event: PipelineEvent): void
}
