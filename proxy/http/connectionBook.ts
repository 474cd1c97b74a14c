import type { Socket } from 'node:net'
import { isLoopbackAddress, toAddressGroup } from '../core/addresses.ts'

export interface ConnectionLimits {
  /** Connections at once of one address; of IPv6, of one network. */
  readonly connectionsPerAddress: number
  /** How many of them may not have sent a whole request head yet. */
  readonly pendingPerAddress: number
  readonly connections: number
}

/** Programs on this computer share one address, and so does everybody behind a tunnel that ends here. */
const LOOPBACK_FACTOR = 4

/** One accepted connection. */
export interface Connection {
  readonly address: string
  /** What connections are counted by. */
  readonly group: string
  /** What came in over the network; under TLS there is another socket above it. */
  readonly raw: Socket
  /** Where requests come from: `raw`, or what decrypts it. */
  socket: Socket
  /** Requests under way; an upgraded connection is busy until it ends. */
  busy: number
  /** Whether no whole request head has come yet. */
  isPending: boolean
}

/** Which connections there are, and whether there is room for another one. The oldest stand first. */
export class ConnectionBook {
  readonly #limits: ConnectionLimits
  readonly #all = new Map<Socket, Connection>()
  readonly #groups = new Map<string, Set<Connection>>()

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#all.size
  }

  all(): IterableIterator<Connection> {
    return this.#all.values()
  }

  /**
   * Takes a connection in, for which an older one may have to go; undefined: there is no room. Whoever opens hundreds and
   * says nothing loses their own places first (slow headers), then idle ones of whoever has the most, and then any of
   * whoever has more than the newcomer: nobody keeps others out by holding still, nor by taking answers byte by byte.
   */
  open(raw: Socket, address: string): Connection | undefined {
    const name = toAddressGroup(address)
    const group = this.#groups.get(name) ?? new Set<Connection>()
    const factor = isLoopbackAddress(address) ? LOOPBACK_FACTOR : 1
    if (group.size >= this.#limits.connectionsPerAddress * factor) {
      // A whole home can be one network of IPv6: there one device must not take the places of all.
      const parties = byAddress(group)
      const own = parties.get(address)?.size ?? 0
      parties.delete(address)
      if (!this.#makeRoom([...parties.values()], own)) return undefined
    }
    if (this.#all.size >= this.#limits.connections && !this.#makeRoom([...this.#groups.values()], group.size)) {
      return undefined
    }
    const pending = new Set([...group].filter(({ isPending }) => isPending))
    if (pending.size >= this.#limits.pendingPerAddress * factor) {
      // In a network of IPv6 it is a device's own handshakes that make room for more of them.
      const [oldest] = largestOf(byAddress(pending).values())
      this.#drop(oldest)
    }
    const connection: Connection = { address, group: name, raw, socket: raw, busy: 0, isPending: true }
    this.#groups.set(name, group.add(connection))
    this.#all.set(raw, connection)
    return connection
  }

  /** `socket` decrypts the connection from now on. */
  encrypted(connection: Connection, socket: Socket): void {
    this.#all.delete(connection.socket)
    connection.socket = socket
    this.#all.set(socket, connection)
  }

  find(socket: Socket): Connection | undefined {
    return this.#all.get(socket)
  }

  /** May be called more than once. */
  forget(connection: Connection): void {
    this.#all.delete(connection.socket)
    const group = this.#groups.get(connection.group)
    if (group?.delete(connection) === true && group.size === 0) this.#groups.delete(connection.group)
  }

  #drop(connection: Connection | undefined): void {
    if (connection === undefined) return
    this.forget(connection)
    connection.socket.destroy()
  }

  /** @returns whether somebody had to go for a newcomer who has `own` connections already */
  #makeRoom(parties: readonly ReadonlySet<Connection>[], own: number): boolean {
    return this.#dropIdle(parties) || this.#dropOfMost(parties, own)
  }

  /** The longest idle connection of whoever has the most of them. */
  #dropIdle(parties: readonly ReadonlySet<Connection>[]): boolean {
    let most: Connection[] = []
    for (const party of parties) {
      const idle = [...party].filter(({ busy }) => busy === 0)
      if (idle.length > most.length) most = idle
    }
    this.#drop(most[0])
    return most.length > 0
  }

  /** The oldest connection of whoever has the most, if that is more than the newcomer will have. */
  #dropOfMost(parties: readonly ReadonlySet<Connection>[], own: number): boolean {
    const most = largestOf(parties)
    if (most.size <= own + 1) return false
    const [oldest] = most
    this.#drop(oldest)
    return true
  }
}

function largestOf(parties: Iterable<ReadonlySet<Connection>>): ReadonlySet<Connection> {
  let most: ReadonlySet<Connection> = new Set()
  for (const party of parties) if (party.size > most.size) most = party
  return most
}

function byAddress(group: ReadonlySet<Connection>): Map<string, Set<Connection>> {
  const parties = new Map<string, Set<Connection>>()
  for (const connection of group) {
    const party = parties.get(connection.address) ?? new Set()
    parties.set(connection.address, party.add(connection))
  }
  return parties
}
