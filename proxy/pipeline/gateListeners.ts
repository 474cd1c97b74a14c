import { networkInterfaces } from 'node:os'
import { GateError } from '../contract/errorCodes.ts'
import { closeCodes } from '../forward/webSocketRelay.ts'
import { defaultListenerLimits, Listener } from '../http/listener.ts'
import type { ListenerLimits, ListenerOptions } from '../http/listener.ts'
import { ListenerSet } from '../http/listenerSet.ts'
import { expandWildcards } from '../network/lanAddresses.ts'
import type { PipelineEvent } from './audit.ts'
import { handleRequest, handleUpgrade } from './entry.ts'
import type { GateParts } from './gateParts.ts'
import type { ListenerName } from './requestContext.ts'
import type { GateDependencies } from './services.ts'

export interface GateListenersOptions {
  readonly dependencies: GateDependencies
  readonly parts: Pick<GateParts, 'services' | 'hub' | 'hosts' | 'devices'>
  readonly limits?: Partial<ListenerLimits> | undefined
}

/** How long a request may still run on a port that is left. */
const SHARING_DRAIN_MS = 200

/** Where the gate listens: for the owner's window, for people here and on the network, and for administration. */
export class GateListeners {
  readonly #options: GateListenersOptions
  readonly #shared: ListenerSet
  readonly #administration: ListenerSet
  #owner: Listener | undefined
  #public: Listener | undefined
  #publicPort: number | undefined

  constructor(options: GateListenersOptions) {
    this.#options = options
    this.#shared = this.#createSet('public')
    this.#administration = this.#createSet('administration')
  }

  async openOwner(): Promise<{ url: string; port: number }> {
    if (this.#owner !== undefined) throw new TypeError('the owner listener is open already')
    this.#owner = this.#createListener('owner')
    const port = await this.#owner.listen('127.0.0.1', 0)
    return { url: `http://gatehouse.localhost:${port}`, port }
  }

  async openPublic(options: { port: number; fallbackPorts?: number }): Promise<{ port: number }> {
    if (this.#public !== undefined) throw new TypeError('the public listener is open already')
    const last = options.port + (options.fallbackPorts ?? 0)
    for (let port = options.port; ; port += 1) {
      const listener = this.#createListener('public')
      try {
        this.#publicPort = await listener.listen('127.0.0.1', port)
        this.#public = listener
        return { port: this.#publicPort }
      } catch (error) {
        if (port >= last || !(error instanceof GateError) || error.code !== 'PORT_IN_USE') throw error
      }
    }
  }

  async movePublic(port: number): Promise<{ port: number }> {
    const old = this.#public
    if (old === undefined) throw new TypeError('the public listener is not open')
    const listener = this.#createListener('public')
    this.#publicPort = await listener.listen('127.0.0.1', port)
    this.#public = listener
    await this.#shared.close()
    this.#options.parts.hub.closeTabs(closeCodes.goingAway, 'the port changed', old)
    await old.close(SHARING_DRAIN_MS)
    return { port: this.#publicPort }
  }

  async openSharing(addresses: readonly string[]): Promise<void> {
    const port = this.#publicPort
    if (port === undefined) throw new TypeError('the public listener must be open before sharing')
    await this.#shared.open(expandWildcards(addresses, networkInterfaces()), port)
  }

  closeSharing(): Promise<void> {
    return this.#shared.close()
  }

  async openAdministration(addresses: readonly string[], port: number): Promise<void> {
    if (this.#options.dependencies.tls === undefined)
      throw new TypeError('without encryption nobody administers from elsewhere')
    await this.#administration.open(addresses, port)
  }

  closeAdministration(): Promise<void> {
    return this.#administration.close()
  }

  /** All of them at once; requests may still run for `drainMs`. */
  async close(drainMs: number): Promise<void> {
    const ofSets = [...this.#shared.takeAll(), ...this.#administration.takeAll()]
    const listeners = [this.#owner, this.#public, ...ofSets].flatMap((listener) => listener ?? [])
    await Promise.all(listeners.map((listener) => listener.close(drainMs)))
  }

  #createSet(name: 'public' | 'administration'): ListenerSet {
    const { hub, hosts } = this.#options.parts
    return new ListenerSet({
      create: () => this.#createListener(name),
      ended: (listener) => hub.closeTabs(closeCodes.goingAway, 'sharing ended', listener),
      changed: (addresses) => hosts.setListening(name, addresses),
    })
  }

  #createListener(name: ListenerName): Listener {
    const { parts, limits } = this.#options
    const { services, devices } = parts
    const listener: Listener = new Listener(
      {
        request: (request, response, socket) => void handleRequest(request, response, socket, name, services),
        upgrade: (request, socket, head) =>
          void handleUpgrade(request, socket, head, { listener: name, carrier: listener }, services),
        ...(name === 'public' && { connected: (address) => devices.connected(address) }),
        refused: (clientAddress, detail) => this.#tellRefused({ listener: name, clientAddress, detail }),
      },
      { limits: { ...defaultListenerLimits, ...limits }, ...this.#wireOf(name) },
    )
    return listener
  }

  #tellRefused(about: Pick<PipelineEvent, 'listener' | 'clientAddress' | 'detail'>): void {
    const { audit, logger } = this.#options.dependencies
    try {
      audit.record({ ...about, type: 'connection.refused', principal: undefined, method: '', path: '' })
    } catch (error) {
      // Refused it is, whatever the log says.
      logger.error({ err: error }, 'a refused connection could not be recorded')
    }
  }

  /** The owner's window is on this computer and must open whatever rules and certificates say. */
  #wireOf(name: ListenerName): Pick<ListenerOptions, 'rules' | 'tls' | 'tlsOnly'> {
    if (name === 'owner') return {}
    const { peerRules, tls } = this.#options.dependencies
    return { ...(peerRules && { rules: peerRules }), ...(tls && { tls }), tlsOnly: name === 'administration' }
  }
}
