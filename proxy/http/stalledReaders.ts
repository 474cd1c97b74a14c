import type { Connection } from './connectionBook.ts'

interface Progress {
  sent: number
  queued: number
  /** Looks in a row at which nothing had moved. */
  still: number
}

const LOOKS = 6

/**
 * Cuts off who asks for much and reads none of it (slow read): what they do not take waits in our memory. However slowly
 * somebody reads, as long as they do, they get all of it.
 */
export class StalledReaders {
  readonly #connections: () => Iterable<Connection>
  readonly #progress = new WeakMap<Connection, Progress>()
  readonly #timer: NodeJS.Timeout

  constructor(connections: () => Iterable<Connection>, stallMs: number) {
    this.#connections = connections
    this.#timer = setInterval(() => this.#look(), stallMs / LOOKS)
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    for (const connection of this.#connections()) {
      const { socket } = connection
      const unsent = socket.writableLength
      const queued = queuedBytes(connection)
      if (unsent === 0 && queued === 0) {
        this.#progress.delete(connection)
        continue
      }
      const sent = socket.bytesWritten - unsent
      const before = this.#progress.get(connection)
      const isStill = before?.sent === sent && before.queued === queued
      const still = isStill ? before.still + 1 : 0
      this.#progress.set(connection, { sent, queued, still })
      if (still >= LOOKS) socket.destroy()
    }
  }
}

/** What the system has not taken yet of a large piece. Node tells it only of its inner handle, and writes it down nowhere. */
function queuedBytes({ raw }: Connection): number {
  const handle: unknown = Reflect.get(raw, '_handle')
  const queued: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : 0
  return typeof queued === 'number' ? queued : 0
}
