import type { WebSocket } from 'ws'
import type { Outgoing } from '../comfyui/tabs.ts'

/** A tab that has this much unread gets no previews until it caught up. */
const PREVIEW_BACKLOG_BYTES = 2 * 1024 * 1024
/** A tab that has this much unread is too slow; it may come back and ask what it missed. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024
/** Who does not answer a close is cut off after this time. */
const CLOSE_DEADLINE_MS = 1_000

export const closeCodes = {
  goingAway: 1001,
  tooSlow: 1013,
  revoked: 4401,
  forbidden: 4403,
} as const

/** A client's WebSocket with a bounded backlog: slow readers lose previews first, then the socket. */
export class ClientSocket {
  readonly #socket: WebSocket
  #closing = false

  constructor(socket: WebSocket) {
    this.#socket = socket
    // Wrong frames end the socket; `close` follows.
    socket.on('error', () => undefined)
  }

  send({ bytes, binary, preview }: Outgoing): void {
    if (this.#closing || this.#socket.readyState !== this.#socket.OPEN) return
    const backlog = this.#socket.bufferedAmount
    if (preview && backlog > PREVIEW_BACKLOG_BYTES) return
    if (backlog > MAX_BACKLOG_BYTES) {
      this.close(closeCodes.tooSlow, 'too slow')
      return
    }
    this.#socket.send(bytes, { binary, compress: false })
  }

  /** Says why and ends; nothing more is sent. */
  close(code: number, reason: string): void {
    if (this.#closing) return
    this.#closing = true
    this.#socket.close(code, reason)
    const timer = setTimeout(() => this.#socket.terminate(), CLOSE_DEADLINE_MS)
    this.#socket.once('close', () => clearTimeout(timer))
  }
}
