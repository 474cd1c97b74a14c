import { LaunchRefused } from '../launcher/launchRefused.ts'
import type { Supervisor } from '../launcher/supervisor.ts'
import type { SupervisorState } from '../launcher/supervisorState.ts'
import type { Engine } from '../proxy/comfyui/engine.ts'
import type { EngineState } from '../proxy/contract/comfyui.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'

/** The state as the gate and the pages see it: without the boot id, which is the gate's own business. */
export function toEngineState(state: SupervisorState): EngineState {
  if (state.kind !== 'ready') return state
  const { sinceMs, pid, port, engine, version } = state
  return { kind: 'ready', sinceMs, pid, port, engine, version }
}

async function refusedInWords(action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    if (error instanceof LaunchRefused) throw new GateError('ENGINE_REFUSED', error.message, { cause: error })
    throw error
  }
}

/** The launcher's supervisor, as the gate knows an engine. `beforeStart` sets what the next start runs. */
export function createSupervisedEngine(supervisor: Supervisor, beforeStart: () => Promise<void>): Engine {
  return {
    state: () => toEngineState(supervisor.state),
    connection: () => supervisor.connection(),
    onStateChange: (listener) => supervisor.onStateChange((state) => listener(toEngineState(state))),
    start: () =>
      refusedInWords(async () => {
        await beforeStart()
        await supervisor.start()
      }),
    stop: () => supervisor.stop(),
    restart: () =>
      refusedInWords(async () => {
        await beforeStart()
        await supervisor.restart()
      }),
    notices: () => supervisor.notices.map((notice) => notice.message),
    logLines: (afterSequence) => supervisor.log.lines(afterSequence),
    onLogLine: (listener) => supervisor.log.onLine(listener),
    reportUnreachable: () => supervisor.reportUnreachable(),
  }
}
