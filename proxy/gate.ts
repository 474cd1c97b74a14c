import type { ListenerLimits } from './http/listener.ts'
import type { FirstDevices } from './network/firstDevices.ts'
import { GateListeners } from './pipeline/gateListeners.ts'
import { createGateParts } from './pipeline/gateParts.ts'
import type { GateParts } from './pipeline/gateParts.ts'
import { freeIdleMemory } from './pipeline/memoryRelief.ts'
import type { Stage } from './pipeline/pipeline.ts'
import type { ConnectionSnapshot } from './pipeline/presence.ts'
import type { GateDependencies } from './pipeline/services.ts'
import { createWorkflowEngine } from './pipeline/workflowEngine.ts'
import type { WorkflowEngine } from './workflows/workflowParts.ts'

export interface GateOptions {
  /** How long requests may still run when the gate closes; 5000 when left out. */
  readonly drainMs?: number
  readonly listenerLimits?: Partial<ListenerLimits>
  /** For tests of the pipeline itself. */
  readonly stages?: readonly Stage[]
  /** Which addresses are this computer's; left out: loopback and those of its network cards. */
  readonly isOwnAddress?: (address: string) => boolean
}

export interface Gate {
  /** Opens the owner's window's listener on 127.0.0.1. `url` has no slash at its end. */
  openOwnerListener(): Promise<{ url: string; port: number }>
  /** Opens the people's listener on this computer only. @throws GateError PORT_IN_USE when every tried port is taken */
  openPublicListener(options: { port: number; fallbackPorts?: number }): Promise<{ port: number }>
  /**
   * Opens the people's listener on another port, then ends sharing and everything that came over the old one.
   * @throws GateError PORT_IN_USE; then nothing has changed
   */
  movePublicListener(port: number): Promise<{ port: number }>
  /**
   * Shares the people's listener on exactly these addresses: missing ones are opened, others closed with everything
   * they carry. `0.0.0.0` and `::` stand for the addresses that this computer has now.
   * @throws GateError PORT_IN_USE; then nothing is shared
   */
  openSharing(addresses: readonly string[]): Promise<void>
  /** Ends sharing and everything that came over it. */
  closeSharing(): Promise<void>
  /** Browsers may ask for the gate by this name from now on; undefined: by none besides the settings'. */
  announceName(host: string | undefined): void
  /**
   * Lets administrators in on a port of its own, under TLS only, on exactly these addresses.
   * @throws GateError PORT_IN_USE; then nothing of it is open
   */
  openAdministration(addresses: readonly string[], port: number): Promise<void>
  /** Ends it and everything that came over it. */
  closeAdministration(): Promise<void>
  /** Devices that connect to the people's listener, each once a day; never this computer itself. */
  readonly devices: FirstDevices
  /** Whether an end of the engine with that failure's code is laid to the job that ran. Asked as soon as it is seen. */
  explains(failureCode: string): boolean
  /** For published workflows that are run over the API: into the same line as what ComfyUI's page sends. */
  readonly workflowEngine: WorkflowEngine
  /** Empties the graphics card's memory unless a job needs what is in it. @returns whether it was done */
  freeIdleMemory(): Promise<boolean>
  connections(): readonly ConnectionSnapshot[]
  onConnectionsChange(listener: () => void): () => void
  /** Stops listening, lets requests end for a while, closes sockets with 1001. May be called more than once. */
  close(): Promise<void>
}

export function createGate(dependencies: GateDependencies, options: GateOptions = {}): Gate {
  return new RunningGate(dependencies, options)
}

class RunningGate implements Gate {
  readonly #dependencies: GateDependencies
  readonly #drainMs: number
  readonly #parts: GateParts
  readonly #listeners: GateListeners
  #closed: Promise<void> | undefined

  constructor(dependencies: GateDependencies, options: GateOptions) {
    this.#dependencies = dependencies
    this.#drainMs = options.drainMs ?? 5_000
    this.#parts = createGateParts(dependencies, options)
    this.#listeners = new GateListeners({ dependencies, parts: this.#parts, limits: options.listenerLimits })
  }

  openOwnerListener(): Promise<{ url: string; port: number }> {
    return this.#listeners.openOwner()
  }

  openPublicListener(options: { port: number; fallbackPorts?: number }): Promise<{ port: number }> {
    return this.#listeners.openPublic(options)
  }

  movePublicListener(port: number): Promise<{ port: number }> {
    return this.#listeners.movePublic(port)
  }

  openSharing(addresses: readonly string[]): Promise<void> {
    return this.#listeners.openSharing(addresses)
  }

  closeSharing(): Promise<void> {
    return this.#listeners.closeSharing()
  }

  openAdministration(addresses: readonly string[], port: number): Promise<void> {
    return this.#listeners.openAdministration(addresses, port)
  }

  closeAdministration(): Promise<void> {
    return this.#listeners.closeAdministration()
  }

  announceName(host: string | undefined): void {
    this.#parts.hosts.setAnnounced(host)
  }

  get devices(): FirstDevices {
    return this.#parts.devices
  }

  explains(failureCode: string): boolean {
    return this.#dependencies.jobs.explains((job) => this.#parts.blame.of(failureCode, job))
  }

  freeIdleMemory(): Promise<boolean> {
    return freeIdleMemory(this.#dependencies.jobs, this.#parts.services.errands)
  }

  get workflowEngine(): WorkflowEngine {
    return createWorkflowEngine(this.#parts.services)
  }

  connections(): readonly ConnectionSnapshot[] {
    return this.#parts.presence.snapshot()
  }

  onConnectionsChange(listener: () => void): () => void {
    return this.#parts.presence.onChange(listener)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { unsubscribe, hub, presence, hosts, upstreams } = this.#parts
    unsubscribe()
    hub.close()
    presence.endStreams()
    await this.#listeners.close(this.#drainMs)
    presence.close()
    hosts.close()
    upstreams.close()
  }
}
