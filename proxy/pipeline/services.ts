import type { Engine } from '../comfyui/engine.ts'
import type { SettingName, Settings } from '../contract/settings.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import type { PipelineAudit } from './audit.ts'
import type { Authenticator, OwnApplication } from './requestContext.ts'

export interface SettingsReader {
  get<Name extends SettingName>(name: Name): Settings[Name]
  onChange(listener: () => void): () => void
}

/** Everything the gate is given from outside. */
export interface GateDependencies {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly engine: Engine
  readonly authenticator: Authenticator
  readonly settings: SettingsReader
  /** Answers `/gatehouse/*` and the sign-in routes. */
  readonly ownApplication: OwnApplication
  readonly audit: PipelineAudit
}
