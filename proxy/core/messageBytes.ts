import type { RawData } from 'ws'

/** A WebSocket message as one buffer, in whatever form `ws` hands it out. */
export function toMessageBytes(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
