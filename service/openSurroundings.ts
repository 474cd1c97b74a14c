import { randomInt } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import type { Stores } from '../proxy/accounts/stores.ts'
import { normaliseAddress } from '../proxy/core/addresses.ts'
import type { Clock } from '../proxy/core/clock.ts'
import type { Logger } from '../proxy/core/logger.ts'
import type { Gate } from '../proxy/gate.ts'
import { readFirewall } from '../proxy/network/firewall/readFirewall.ts'
import type { Interfaces } from '../proxy/network/lanAddresses.ts'
import { findAnnouncedLinks, findSharedCard } from '../proxy/network/mdns/announcedLinks.ts'
import { NameAnnouncer } from '../proxy/network/mdns/nameAnnouncer.ts'
import { openMdnsSocket } from '../proxy/network/mdns/mdnsSocket.ts'
import type { NetworkSystem } from '../proxy/network/systemPrograms.ts'
import { FirewallWatch } from './firewallWatch.ts'
import type { NetworkWatch } from './networkWatch.ts'
import { openReachedPlaces } from './reachedPlaces.ts'
import { ReachWatch } from './reachWatch.ts'
import type { SharedPlace, SharingSurroundings } from './sharingSurroundings.ts'

export interface SurroundingsParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly system: NetworkSystem
  readonly stores: Pick<Stores, 'settings' | 'database'>
  readonly gate: () => Pick<Gate, 'announceName' | 'devices'>
  readonly network: NetworkWatch
}

const MAX_WAIT_MS = 250

/** What is around the shared listeners of this computer: see `SharingSurroundings`. */
export function openSurroundings(parts: SurroundingsParts): SharingSurroundings {
  return new Surroundings(parts)
}

class Surroundings implements SharingSurroundings {
  readonly #parts: SurroundingsParts
  readonly #announcer: NameAnnouncer
  readonly #firewall: FirewallWatch
  readonly #listeners = new Set<() => void>()
  #reach: ReachWatch | undefined
  #place: SharedPlace | undefined
  #askedFor = ''
  #opening: Promise<void> | undefined
  #isClosed = false

  constructor(parts: SurroundingsParts) {
    const { clock, logger, system } = parts
    this.#parts = parts
    this.#announcer = new NameAnnouncer({
      clock,
      openSocket: openMdnsSocket,
      ownAddresses: () => ownAddresses(networkInterfaces()),
      randomMs: () => randomInt(MAX_WAIT_MS + 1),
    })
    this.#announcer.onChange(() => {
      const { state, host } = this.#announcer.describe()
      parts.gate().announceName(state === 'announced' ? host : undefined)
      this.#tell()
    })
    this.#firewall = new FirewallWatch({ logger, read: () => readFirewall(system, this.#askFirewall()) })
    this.#firewall.onChange(() => this.#tell())
  }

  follow(place: SharedPlace): void {
    if (this.#isClosed) return
    this.#place = place
    const name = this.#parts.stores.settings.get('sharing.name')
    const links = findAnnouncedLinks(place.addresses, networkInterfaces())
    this.#announcer.want({ name, links, network: place.network?.id })
    this.#lookAtFirewall()
    if (this.#reach !== undefined) this.#reach.follow(place)
    else this.#opening ??= this.#openReach()
  }

  describe(): ReturnType<SharingSurroundings['describe']> {
    const reach = this.#reach?.describe() ?? { reach: { kind: 'off' as const }, addressBefore: null }
    return {
      ...reach,
      name: this.#announcer.describe(),
      firewall: this.#firewall.firewall,
      outsideHome: this.#parts.stores.settings.get('sharing.outsideHome'),
    }
  }

  acceptAddress(): Promise<void> {
    this.#reach?.accept()
    return Promise.resolve()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#announcer.close()
    this.#firewall.close()
    await this.#opening
    this.#reach?.close()
  }

  /** What was remembered is read when it is first needed. */
  async #openReach(): Promise<void> {
    const { clock, logger, stores, gate } = this.#parts
    const memory = await openReachedPlaces(stores.database.kysely, logger)
    if (this.#isClosed) return
    this.#reach = new ReachWatch({ clock, devices: gate().devices, memory })
    this.#reach.onChange(() => {
      // Whether the firewall is the cause shows when nobody came, and what was answered to Windows when somebody did.
      this.#firewall.look()
      this.#tell()
    })
    if (this.#place !== undefined) this.#reach.follow(this.#place)
    this.#tell()
  }

  #lookAtFirewall(): void {
    const asked = JSON.stringify(this.#askFirewall())
    if (asked === this.#askedFor) return
    this.#askedFor = asked
    this.#firewall.look()
  }

  #askFirewall(): Parameters<typeof readFirewall>[1] {
    const shared = this.#place?.addresses.find(({ virtual }) => !virtual)
    return {
      program: process.execPath,
      port: this.#place?.port ?? this.#parts.stores.settings.get('sharing.port'),
      ...findSharedCard(shared, networkInterfaces()),
      category: this.#parts.network.category,
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

const ownAddresses = (interfaces: Interfaces): ReadonlySet<string> =>
  new Set(Object.values(interfaces).flatMap((infos) => (infos ?? []).map(({ address }) => normaliseAddress(address))))
