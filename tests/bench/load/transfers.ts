import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { RefusedUploadJob, RefusedUploadResult, TransferJob, TransferResult } from './jobs.ts'
import { formatRequest } from './rawClient.ts'

const BLOCK = Buffer.alloc(1024 * 1024, 5)
const BOUNDARY = 'gatehouse-benchmark'
const TIMEOUT_MS = 60_000

/** @throws Error when the answer is not a whole 200 in time */
export function transfer({ kind, target, bytes }: TransferJob): Promise<TransferResult> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  return kind === 'download' ? download(target, bytes, timeout) : upload(target, bytes, timeout)
}

function download(target: TransferJob['target'], bytes: number, timeout: AbortSignal): Promise<TransferResult> {
  return new Promise((resolve, reject) => {
    let received = 0
    let bodyStart = -1
    let head = ''
    let startMs = 0
    const take = (length: number, buffer: Uint8Array): boolean => {
      if (bodyStart === -1) {
        head += Buffer.from(buffer.subarray(0, Math.min(length, 16_384))).toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end === -1) return true
        bodyStart = end + 4
        if (!head.startsWith('HTTP/1.1 200')) {
          socket.destroy(new Error(`a download was answered with ${head.slice(9, 12)}`))
          return true
        }
      }
      received += length
      if (received === bodyStart + bytes) {
        resolve({ seconds: (performance.now() - startMs) / 1000 })
        socket.destroy()
      }
      return true
    }
    const socket = connect({
      port: target.port,
      host: '127.0.0.1',
      onread: { buffer: Buffer.alloc(512 * 1024), callback: take },
    })
    guard(socket, timeout, reject)
    socket.once('connect', () => {
      startMs = performance.now()
      socket.write(formatRequest('GET', `/view?filename=${bytes}.png&type=output`, target))
    })
  })
}

function guard(socket: Socket, timeout: AbortSignal, reject: (error: Error) => void): void {
  timeout.addEventListener('abort', () => socket.destroy(new Error('a transfer did not end in time')))
  socket.on('error', reject)
  // Rejecting what was resolved does nothing.
  socket.on('close', () => reject(new Error('the connection was closed in the middle of a transfer')))
}

/** Signature and header of a PNG of 64 by 64 pixels: the gate looks at what an upload is. */
const PNG_START = Buffer.from('89504e470d0a1a0a0000000d4948445200000040000000400802000000250be689', 'hex')

/** The head and the frame of a multipart upload whose whole body has this many bytes. */
function multipart(target: TransferJob['target'], bytes: number): { head: Buffer; tail: Buffer; fillBytes: number } {
  const opening = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="benchmark.png"\r\nContent-Type: image/png\r\n\r\n`
  const part = Buffer.concat([Buffer.from(opening), PNG_START])
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`)
  const headers = {
    ...target.headers,
    'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    'content-length': String(bytes),
  }
  const head = Buffer.concat([formatRequest('POST', '/upload/image', { ...target, headers }), part])
  return { head, tail, fillBytes: bytes - part.length - tail.length }
}

function pump(socket: Socket, { head, tail, fillBytes }: ReturnType<typeof multipart>): void {
  socket.write(head)
  let left = fillBytes
  const fill = (): void => {
    while (left > 0) {
      const block = left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left)
      left -= block.length
      const hasRoom = socket.write(block)
      if (left === 0) socket.write(tail)
      if (!hasRoom) {
        socket.once('drain', fill)
        return
      }
    }
  }
  fill()
}

function upload(target: TransferJob['target'], bytes: number, timeout: AbortSignal): Promise<TransferResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: target.port, host: '127.0.0.1' })
    let startMs = 0
    guard(socket, timeout, reject)
    socket.once('connect', () => {
      startMs = performance.now()
      pump(socket, multipart(target, bytes))
    })
    socket.once('data', (chunk: Buffer) => {
      const status = chunk.toString('latin1', 9, 12)
      if (status === '200') resolve({ seconds: (performance.now() - startMs) / 1000 })
      else reject(new Error(`an upload was answered with ${status}`))
      socket.destroy()
    })
  })
}

/** A large upload without a credential: how soon the refusal is here, and how much was taken until then. */
export function refusedUpload({ target, bytes }: Omit<RefusedUploadJob, 'kind'>): Promise<RefusedUploadResult> {
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    const socket = connect({ port: target.port, host: '127.0.0.1' })
    let startMs = 0
    let answer: { ms: number; status: number } | undefined
    timeout.addEventListener('abort', () => socket.destroy())
    // A reset while we still send is what a server does that does not read on.
    socket.on('error', () => undefined)
    socket.once('connect', () => {
      startMs = performance.now()
      pump(socket, multipart(target, bytes))
    })
    socket.once('data', (chunk: Buffer) => {
      answer = { ms: performance.now() - startMs, status: Number(chunk.toString('latin1', 9, 12)) }
    })
    socket.on('close', () => {
      if (answer === undefined) reject(new Error('an upload without a credential got no answer'))
      else resolve({ ...answer, bytesTaken: socket.bytesWritten - socket.writableLength })
    })
  })
}
