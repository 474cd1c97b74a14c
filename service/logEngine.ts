import type { AuditSink } from '../proxy/contract/audit.ts'
import type { Engine } from '../proxy/comfyui/engine.ts'
import type { Logger } from '../proxy/core/logger.ts'

/** Writes each change of the engine's state into the program's log, with the reason when it failed, and failures into the log of what happened. */
export function logEngine(engine: Pick<Engine, 'onStateChange'>, logger: Logger, audit: AuditSink): void {
  let last = ''
  engine.onStateChange((state) => {
    if (state.kind === last) return
    last = state.kind
    const failure = state.kind === 'failed' || state.kind === 'backingOff' ? { failure: state.failure.message } : {}
    logger.info(failure, `engine: ${state.kind}`)
    if (state.kind !== 'failed' && state.kind !== 'backingOff') return
    audit.record({ event: 'engine.failed', actor: { kind: 'system' }, details: { code: state.failure.code } })
  })
}
