import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Connections that end with the answer under way: what stands behind it is not looked at. */
const ending = new WeakSet<Socket>()

/** Whether the answer under way is the last one of this connection. */
export const isEnding = (socket: Socket): boolean => ending.has(socket)

/** How much of an unwanted body is still taken in, so that the client gets to read the answer. */
const LINGER_BYTES = 256 * 1024
const LINGER_MS = 500

/**
 * Makes the connection end after this response although the client still sends: the answer goes out, a little more is
 * taken in and thrown away, then the connection is cut. A body that nobody wants is never read whole.
 */
export function closeAfterResponse(response: ServerResponse, socket: Socket): void {
  const request = response.req
  response.shouldKeepAlive = false
  ending.add(socket)
  socket.destroySoon = () => {
    socket.end()
    if (request.complete) {
      if (socket.writableFinished) socket.destroy()
      else socket.once('finish', () => socket.destroy())
      return
    }
    const limit = socket.bytesRead + LINGER_BYTES
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(timer))
    request.on('data', () => {
      if (socket.bytesRead > limit) socket.destroy()
    })
    request.once('end', () => socket.destroy())
    request.resume()
  }
}
