import { engineNames } from '../launcher/engineName.ts'
import type { LaunchPlan } from '../launcher/launchCommand.ts'
import { LaunchRefused } from '../launcher/launchRefused.ts'
import type { Supervisor } from '../launcher/supervisor.ts'
import type { SupervisorState } from '../launcher/supervisorState.ts'
import type { Engine } from '../proxy/comfyui/engine.ts'
import type { EngineChoice, EngineState } from '../proxy/contract/comfyui.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'

/** The state as the gate and the pages see it: without the boot id, which is the gate's own business. */
export function toEngineState(state: SupervisorState): EngineState {
  if (state.kind !== 'ready') return state
  const { sinceMs, pid, port, engine, version } = state
  return { kind: 'ready', sinceMs, pid, port, engine, version }
}

const inWords = (error: unknown): unknown =>
  error instanceof LaunchRefused ? new GateError('ENGINE_REFUSED', error.message, { cause: error }) : error

const describeFault = ({ kind }: EngineChoice): string =>
  `${engineNames[kind === 'practice' ? 'practice' : 'comfyui'].start} could not be started. The log has the details.`

/**
 * The launcher's supervisor, as the gate knows an engine. What runs is planned anew at each start; why the last start
 * was refused stays among the notices until one is not.
 */
export function createSupervisedEngine(
  supervisor: Supervisor,
  choices: { describe(): EngineChoice; plan(): Promise<LaunchPlan> },
): Engine {
  let refusal: string | undefined
  const prepared = async (action: () => Promise<void>): Promise<void> => {
    try {
      supervisor.setLaunch(await choices.plan())
      await action()
      refusal = undefined
    } catch (thrown) {
      const error = inWords(thrown)
      refusal = error instanceof GateError ? error.message : describeFault(choices.describe())
      throw error
    }
  }
  return {
    state: () => toEngineState(supervisor.state),
    choice: () => choices.describe(),
    connection: () => supervisor.connection(),
    onStateChange: (listener) => supervisor.onStateChange((state) => listener(toEngineState(state))),
    start: () => prepared(() => supervisor.start()),
    stop: () => supervisor.stop(),
    restart: () => prepared(() => supervisor.restart()),
    endHung: async () => {
      supervisor.condemn()
      try {
        await prepared(() => supervisor.restart())
      } catch (error) {
        await supervisor.stop()
        throw error
      }
    },
    onMemoryPressure: (listener) => supervisor.onMemoryPressure(listener),
    notices: () => [...(refusal === undefined ? [] : [refusal]), ...supervisor.notices.map((notice) => notice.message)],
    logLines: (afterSequence) => supervisor.log.lines(afterSequence),
    onLogLine: (listener) => supervisor.log.onLine(listener),
    reportUnreachable: () => supervisor.reportUnreachable(),
  }
}
