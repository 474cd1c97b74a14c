import { system } from '../accounts/actedBy.ts'
import type { JsonObject } from '../comfyui/losslessJson.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Logger } from '../core/logger.ts'
import { preparePublication } from './publication.ts'
import { createStarter, STARTER_NAME } from './starterWorkflow.ts'
import type { CheckpointFile } from './starterWorkflow.ts'
import type { WorkflowStore } from './workflowStore.ts'

export interface StarterPublisherOptions {
  readonly store: WorkflowStore
  readonly logger: Logger
  readonly readCatalog: () => Promise<JsonObject | undefined>
  readonly readCheckpoints: () => Promise<readonly CheckpointFile[]>
  /** Whether it was done once: what the owner removed does not come back. */
  readonly isDone: () => Promise<boolean>
  readonly setDone: () => Promise<void>
}

/** Everybody who is invited has something to run at once. */
const GRANTS = { public: false, roles: ['creator', 'user'], people: [] }

/** Publishes one ready workflow when this computer is shared for the first time and nothing is published. */
export class StarterPublisher {
  readonly #options: StarterPublisherOptions
  #reason: string | null = null
  #isLooking = false

  constructor(options: StarterPublisherOptions) {
    this.#options = options
  }

  /** Why there is none although there should be one, in words for the owner; null: there is nothing to say. */
  get reason(): string | null {
    return this.#reason
  }

  /** Called when sharing or the engine may have changed. `isShared`: other devices can come in. Never throws. */
  async look(isShared: boolean): Promise<void> {
    if (this.#isLooking || !isShared) return
    this.#isLooking = true
    try {
      await this.#publishOnce()
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the first workflow could not be published')
    } finally {
      this.#isLooking = false
    }
  }

  async #publishOnce(): Promise<void> {
    const { store, isDone, setDone, readCatalog, readCheckpoints } = this.#options
    if (await isDone()) return
    if ((await store.list()).length > 0) return setDone()
    const catalog = await readCatalog()
    // While ComfyUI does not answer nothing is known; it is asked again when it does.
    if (catalog === undefined) return
    const starter = createStarter(catalog, await readCheckpoints())
    this.#reason = starter.kind === 'missing' ? starter.reason : null
    if (starter.kind === 'missing') return
    const { nodes, inputs, description } = starter
    const publication = preparePublication({ nodes, canvas: null }, catalog, inputs)
    try {
      await store.publish({ name: STARTER_NAME, description, grants: GRANTS, publication }, system)
    } catch (error) {
      // The owner published one of that name a moment ago.
      if (!(error instanceof GateError) || error.code !== 'ALREADY_EXISTS') throw error
    }
    await setDone()
  }
}
