import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ActedBy } from '../accounts/actedBy.ts'
import type { KnownRole } from '../accounts/roleStore.ts'
import type { Stores } from '../accounts/stores.ts'
import type { Engine } from '../comfyui/engine.ts'
import type { ProbeResult } from '../contract/reach.ts'
import type { Administration } from '../contract/administration.ts'
import type { Renewed } from '../contract/certificates.ts'
import type { ProtectionReport, ProtectionState } from '../contract/protection.ts'
import type { Connection, Sharing } from '../contract/sharing.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Folders } from '../folders/folders.ts'
import type { JobQueue } from '../jobs/jobQueue.ts'
import type { NodeRights } from '../nodes/nodeRights.ts'
import type { Outputs } from '../outputs/outputs.ts'
import type { PictureTexts } from '../outputs/pictureTexts.ts'
import type { Thumbnails } from '../outputs/thumbnails.ts'
import type { WorkflowParts } from '../workflows/workflowParts.ts'
import type { TrustSource } from '../portal/welcome/trustSource.ts'
import type { Principal, RequestContext } from '../pipeline/requestContext.ts'
import type { ReachWorld } from '../policy/reach.ts'

/** The sharing switch as the API needs it. */
export interface SharingControl {
  describe(): Sharing
  /** @throws GateError PORT_IN_USE, … when it cannot be switched; it is then as before */
  set(on: boolean): Promise<void>
  /** The answer to "share here too?" @throws GateError NOT_FOUND when this computer is in another network by now */
  answerNetwork(network: string, share: boolean): Promise<void>
  /** Everybody has the new address: it is no longer said that there was another one. */
  acceptAddress(): Promise<void>
  onChange(listener: () => void): () => void
}

/** A role as it is, or as somebody thinks of saving it. */
export type TriedRole = Pick<KnownRole, 'id' | 'title' | 'base' | 'permissions' | 'models' | 'nodes'>

/** What a role reaches; see policy/reach.ts and probe/. */
export interface RoleReach {
  /** Who somebody of that role would be to the gate. */
  makeUp(role: TriedRole): Principal
  /** What there is to reach, as the engine tells it to that administrator. */
  findWorld(role: TriedRole, administratorId: string): Promise<ReachWorld>
  /** @throws GateError ALREADY_RUNNING, ENGINE_UNAVAILABLE */
  probe(role: TriedRole, administratorId: string): Promise<ProbeResult>
}

/** "Check my protection". */
export interface ProtectionControl {
  describe(): ProtectionState
  /** @throws GateError ALREADY_RUNNING, NOT_FOUND */
  start(asksRunning: boolean, onEnd: (report: ProtectionReport) => void): void
}

/** Who is here now. */
export interface Connections {
  list(): readonly Connection[]
  onChange(listener: () => void): () => void
}

/** The gate's certificate as the API and the pages of a new device need it. */
export interface CertificatesControl extends TrustSource {
  /** @throws GateError in words; then what was served is served on */
  renew(what: Renewed, by: ActedBy): Promise<void>
  onChange(listener: () => void): () => void
}

export interface OwnApplicationDependencies {
  readonly clock: Clock
  readonly logger: Logger
  readonly stores: Stores
  readonly jobs: JobQueue
  readonly folders: Folders
  readonly nodes: NodeRights
  readonly outputs: Outputs
  readonly thumbnails: Thumbnails
  readonly pictureTexts: PictureTexts
  readonly workflows: WorkflowParts
  readonly engine: Engine
  readonly sharing: SharingControl
  readonly certificates: CertificatesControl
  readonly administration: { describe(): Administration; onChange(listener: () => void): () => void }
  readonly reach: RoleReach
  readonly connections: Connections
  /** Empties the graphics card's memory unless a job needs what is in it. */
  readonly freeIdleMemory: () => Promise<boolean>
  readonly protection: ProtectionControl
  /** The built pages: `owner.html`, `portal.html`, `assets/`. */
  readonly pagesDirectory: string
  /** Gatehouse's own version, for the OpenAPI document. */
  readonly version: string
}

/** What every handler finds in `c.env`. */
export interface ApiEnvironment {
  Bindings: {
    context: RequestContext
    incoming: IncomingMessage
    outgoing: ServerResponse
    /** As it was sent: whoever needs numbers with all their digits reads them here. */
    body: Buffer | undefined
  }
}
