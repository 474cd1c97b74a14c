/* global __filename */
'use strict'

/**
 * Runs before the app on the fallback Electron (22, Node 16): adds the globals that today's libraries expect and answers
 * require('better-sqlite3') and require('undici') (its pool, too) with stand-ins. Child processes and workers of the same binary get it too.
 */

const childProcess = require('node:child_process')
const http = require('node:http')
const Module = require('node:module')
const v8 = require('node:v8')
const buffer = require('node:buffer')
const { webcrypto } = require('node:crypto')
const streams = require('node:stream/web')
const { Readable, finished } = require('node:stream')
const workerThreads = require('node:worker_threads')
const zlib = require('node:zlib')
const undici5 = require('undici5')

function addGlobal(name, value) {
  if (value === undefined || globalThis[name] !== undefined) return
  Object.defineProperty(globalThis, name, { value, enumerable: false, configurable: true, writable: true })
}

function findDomException() {
  try {
    return globalThis.atob('%')
  } catch (error) {
    return error.constructor
  }
}

/** Serialises as the real one does for data; has no transfer list. */
function structuredClonePolyfill(value) {
  return v8.deserialize(v8.serialize(value))
}

function abortSignalAny(signals) {
  const controller = new globalThis.AbortController()
  const stop = (event) => controller.abort(event.target.reason)
  for (const signal of signals) {
    if (signal.aborted) {
      controller.abort(signal.reason)
      break
    }
    signal.addEventListener('abort', stop, { once: true, signal: controller.signal })
  }
  return controller.signal
}

/** Node 17's Readable.toWeb for byte streams: pulls, so that a slow reader holds back the source. */
function readableToWeb(readable) {
  return new streams.ReadableStream({
    start(controller) {
      readable.pause()
      readable.on('data', (chunk) => {
        controller.enqueue(new Uint8Array(chunk))
        if (controller.desiredSize <= 0) readable.pause()
      })
      finished(readable, { writable: false }, (error) => {
        if (error) controller.error(error)
        else controller.close()
      })
    },
    pull: () => void readable.resume(),
    cancel: (reason) => void readable.destroy(reason),
  })
}

const ZLIB_BY_FORMAT = { gzip: 'Gzip', deflate: 'Deflate', 'deflate-raw': 'DeflateRaw' }

/** A web transform stream over zlib: Node 18 has it as CompressionStream and DecompressionStream. */
function createZlibStreamClass(toClassName) {
  return class {
    constructor(format) {
      const kind = ZLIB_BY_FORMAT[format]
      if (kind === undefined) throw new TypeError(`Unsupported compression format: ${format}`)
      const coder = zlib[`create${toClassName(kind)}`]()
      const { readable, writable } = new streams.TransformStream({
        start(controller) {
          coder.on('data', (chunk) => controller.enqueue(new Uint8Array(chunk)))
          coder.on('error', (error) => controller.error(error))
        },
        transform: (chunk) => new Promise((resolve) => coder.write(chunk, () => resolve())),
        flush: () => new Promise((resolve) => coder.end().once('close', resolve)),
      })
      this.readable = readable
      this.writable = writable
    }
  }
}

addGlobal('DOMException', findDomException())
addGlobal('crypto', webcrypto)
addGlobal('structuredClone', structuredClonePolyfill)
addGlobal('Blob', buffer.Blob)
addGlobal('BroadcastChannel', workerThreads.BroadcastChannel)
for (const [name, value] of Object.entries(streams)) addGlobal(name, value)
addGlobal(
  'CompressionStream',
  createZlibStreamClass((kind) => kind),
)
addGlobal(
  'DecompressionStream',
  createZlibStreamClass((kind) => kind.replace('Deflate', 'Inflate').replace('Gzip', 'Gunzip')),
)
for (const name of ['fetch', 'Request', 'Response', 'Headers', 'FormData', 'File']) addGlobal(name, undici5[name])
globalThis.AbortSignal.any ??= abortSignalAny

Readable.toWeb ??= readableToWeb
http.Server.prototype.closeIdleConnections ??= function closeIdleConnections() {}

const STAND_INS = new Map([
  ['better-sqlite3', () => require('./sqliteAdapter.cjs')],
  ['undici', () => require('./undiciAdapter.cjs')],
  ['undici/lib/dispatcher/pool.js', () => require('./undiciAdapter.cjs').Pool],
])

const originalLoad = Module._load
Module._load = function load(request, parent, isMain) {
  const standIn = STAND_INS.get(request)
  return standIn === undefined ? originalLoad.call(this, request, parent, isMain) : standIn()
}

/** In a package the prelude lies outside the archive too: a child loads it before it can read archives. */
const preludeFile = __filename.replace(/\bapp\.asar(?=[\\/])/, 'app.asar.unpacked')

/** A child that runs this same binary as plain Node (ELECTRON_RUN_AS_NODE) is the same old Node and needs the same prelude. */
const originalSpawn = childProcess.ChildProcess.prototype.spawn
childProcess.ChildProcess.prototype.spawn = function spawn(options) {
  const runsAsNode = options.envPairs?.some((pair) => pair.startsWith('ELECTRON_RUN_AS_NODE=') && !pair.endsWith('='))
  if (options.file !== process.execPath || !runsAsNode) return originalSpawn.call(this, options)
  const [name, ...rest] = options.args
  return originalSpawn.call(this, { ...options, args: [name, '--require', preludeFile, ...rest] })
}

const { Worker } = workerThreads
workerThreads.Worker = class extends Worker {
  constructor(file, options = {}) {
    super(file, { ...options, execArgv: [...(options.execArgv ?? []), '--require', preludeFile] })
  }
}
