import { createOwnApplication } from '../proxy/api/ownApplication.ts'
import type { OwnApplicationDependencies } from '../proxy/api/dependencies.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import type { FolderLock } from '../proxy/database/lockFile.ts'
import { createGate } from '../proxy/gate.ts'
import type { Gate } from '../proxy/gate.ts'
import type { JobQueue } from '../proxy/jobs/jobQueue.ts'
import type { GateCertificates } from '../proxy/network/certificates/certificates.ts'
import type { NodeRights } from '../proxy/nodes/nodeRights.ts'
import type { EngineChoices } from './engineChoices.ts'
import { guardFolders } from './engineTrouble.ts'
import { createGateAudit } from './gateAudit.ts'
import type { OpenedFolders } from './openFolders.ts'
import type { OpenedOutputs } from './openOutputs.ts'
import { createRoleReach, knowingMadeUp } from './openReach.ts'
import type { MadeUp } from './openReach.ts'
import type { OpenedWorkflows } from './openWorkflows.ts'
import { productVersion } from './productVersion.ts'
import type { ServiceOptions } from './serviceTypes.ts'
import type { SharingController } from './sharingController.ts'

/** What is open before the parts are put together. */
export interface ServiceParts extends OpenedFolders {
  readonly lock: FolderLock
  readonly stores: Stores
  readonly choices: EngineChoices
  readonly madeUp: MadeUp
  readonly nodes: NodeRights
  readonly jobs: JobQueue
  readonly workflows: OpenedWorkflows
}

/** What is put together of them, before the gate. */
interface GateSurroundings extends Pick<
  OwnApplicationDependencies,
  'engine' | 'administration' | 'protection' | 'workflows' | 'connections' | 'freeIdleMemory'
> {
  readonly outputs: OpenedOutputs
  readonly certificates: GateCertificates
  readonly sharing: SharingController
  /** Why nobody but the owner may use the engine that runs; undefined: all may. */
  readonly engineTrouble: () => string | undefined
}

/** The gate and, behind it, our own pages and API. */
export function createServiceGate(options: ServiceOptions, parts: ServiceParts, around: GateSurroundings): Gate {
  const { stores, nodes, jobs, folders, userFolders, madeUp } = parts
  const { clock, random, logger } = options
  return createGate({
    clock,
    random,
    logger,
    engine: around.engine,
    settings: stores.settings,
    peerRules: stores.addressRules,
    clientRules: stores.addressRules,
    room: folders.room,
    nodes,
    jobs,
    published: parts.workflows.runs,
    tls: around.certificates,
    ...knowingMadeUp(madeUp, {
      authenticator: stores.authenticator,
      folders: guardFolders(userFolders, around.engineTrouble),
      audit: createGateAudit(stores.audit),
    }),
    ownApplication: createServiceApplication(options, parts, around),
  })
}

function createServiceApplication(options: ServiceOptions, parts: ServiceParts, around: GateSurroundings) {
  const { stores, nodes, jobs, folders } = parts
  const { engine, outputs, workflows, certificates, sharing, administration, protection, connections } = around
  return createOwnApplication({
    engine,
    workflows,
    certificates,
    sharing,
    administration,
    protection,
    connections,
    freeIdleMemory: around.freeIdleMemory,
    stores,
    nodes,
    jobs,
    folders,
    outputs: outputs.outputs,
    thumbnails: outputs.thumbnails,
    pictureTexts: outputs.pictureTexts,
    reach: createRoleReach({ ...parts, workflows, settings: stores.settings, sharing }, options),
    clock: options.clock,
    logger: options.logger,
    pagesDirectory: options.paths.pagesDirectory,
    version: productVersion,
  })
}
