import type { Socket } from 'node:net'

/** A TLS handshake record (RFC 8446 section 5.1); no HTTP method begins so. */
const HANDSHAKE = 0x16

/**
 * Tells by the first byte whether a connection is encrypted. The byte is put back. Whoever says nothing for `waitMs`
 * (B42: silent connections before TLS), or leaves, is cut off.
 */
export function readFirstByte(socket: Socket, waitMs: number, decide: (isTls: boolean) => void): void {
  const cut = (): void => {
    socket.destroy()
  }
  const late = setTimeout(cut, waitMs)
  const look = (): void => {
    const bytes: unknown = socket.read()
    if (!Buffer.isBuffer(bytes)) return
    socket.off('readable', look).off('end', cut).off('error', cut)
    clearTimeout(late)
    socket.unshift(bytes)
    decide(bytes[0] === HANDSHAKE)
  }
  socket.on('readable', look).on('end', cut).on('error', cut)
  socket.once('close', () => clearTimeout(late))
}
