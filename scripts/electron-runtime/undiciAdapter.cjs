'use strict'

/**
 * Stands in for undici 8 on the fallback runtime: takes undici 8's dispatch handlers and drives undici 5, which runs on Node 16.
 * (undici 8 does not load there, and each refuses the other's handlers.)
 * Here: Pool, Client, Agent, request, errors. Left out: interceptors, mocks, `statusText` of request(), HTTP/2.
 */

const { EventEmitter } = require('node:events')
const undici5 = require('undici5')

const { InvalidArgumentError } = undici5.errors
const FORWARDED_EVENTS = ['connect', 'disconnect', 'connectionError', 'drain']

/** Raw [name, value, …] buffers → { name: string | string[] }, names in lower case, bytes as latin1: undici 8 lib/core/util.js. */
function toHeaders(raw) {
  const headers = {}
  for (let index = 0; raw !== null && index + 1 < raw.length; index += 2) {
    const name = raw[index].toString('latin1').toLowerCase()
    const value = raw[index + 1].toString('latin1')
    const earlier = Object.hasOwn(headers, name) ? headers[name] : undefined
    const next = earlier === undefined ? value : [].concat(earlier, value)
    Object.defineProperty(headers, name, { value: next, enumerable: true, configurable: true, writable: true })
  }
  return headers
}

/** What undici 8 hands to its handlers: pausing before the headers arrive is kept and takes effect with them. */
class Controller {
  #abort
  #resume
  #paused = false
  #aborted = false
  #reason = null
  rawHeaders = null
  rawTrailers = null

  constructor(abort) {
    this.#abort = abort
  }

  get aborted() {
    return this.#aborted
  }

  get paused() {
    return this.#paused
  }

  get reason() {
    return this.#reason
  }

  resumeWith(resume) {
    this.#resume = resume
  }

  pause() {
    this.#paused = true
  }

  resume() {
    if (!this.#paused) return
    this.#paused = false
    this.#resume?.()
  }

  abort(reason) {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#abort(reason)
  }
}

function checkHandler(handler, { upgrade, method }) {
  if (!handler || typeof handler !== 'object') throw new InvalidArgumentError('handler must be an object')
  const answers =
    upgrade || method === 'CONNECT' ? ['onRequestUpgrade'] : ['onResponseStart', 'onResponseData', 'onResponseEnd']
  for (const name of ['onRequestStart', 'onResponseError', ...answers]) {
    if (typeof handler[name] !== 'function') throw new InvalidArgumentError(`invalid ${name} method`)
  }
}

/** undici 8 handler → undici 5 handler. Returning false pauses undici 5's parser until its `resume` is called. */
function toUndici5Handler(handler) {
  let controller
  return {
    onConnect(abort) {
      controller = new Controller(abort)
      handler.onRequestStart(controller, {})
    },
    onUpgrade(statusCode, rawHeaders, socket) {
      controller.rawHeaders = rawHeaders
      handler.onRequestUpgrade(controller, statusCode, toHeaders(rawHeaders), socket)
    },
    onHeaders(statusCode, rawHeaders, resume, statusMessage) {
      controller.resumeWith(resume)
      controller.rawHeaders = rawHeaders
      handler.onResponseStart(controller, statusCode, toHeaders(rawHeaders), statusMessage)
      return !controller.paused
    },
    onData(chunk) {
      handler.onResponseData(controller, chunk)
      return !controller.paused
    },
    onComplete(rawTrailers) {
      controller.rawTrailers = rawTrailers
      handler.onResponseEnd(controller, toHeaders(rawTrailers))
    },
    onError(error) {
      handler.onResponseError(controller, error)
    },
    onResponseStarted: () => handler.onResponseStarted?.(),
    onBodySent: (chunk) => handler.onBodySent?.(chunk),
    onRequestSent: () => handler.onRequestSent?.(),
  }
}

function* toPairs(headers) {
  for (const entry of headers) {
    if (!Array.isArray(entry) || entry.length !== 2) {
      throw new InvalidArgumentError('headers must be in key-value pair format')
    }
    yield* entry
  }
}

/** Options that undici 5 reads differently: iterable headers, and `blocking`, true by default since undici 6. */
function toUndici5Options(options) {
  const { headers } = options
  const isPairs = headers && typeof headers === 'object' && !Array.isArray(headers) && Symbol.iterator in headers
  return {
    ...options,
    blocking: options.blocking ?? options.method !== 'HEAD',
    headers: isPairs ? [...toPairs(headers)] : headers,
  }
}

class Dispatcher extends EventEmitter {
  #inner

  constructor(inner) {
    super()
    this.#inner = inner
    for (const event of FORWARDED_EVENTS) inner.on(event, (...parameters) => this.emit(event, ...parameters))
  }

  get closed() {
    return this.#inner.closed
  }

  get destroyed() {
    return this.#inner.destroyed
  }

  get stats() {
    return this.#inner.stats
  }

  dispatch(options, handler) {
    if (!options || typeof options !== 'object') throw new InvalidArgumentError('opts must be an object.')
    checkHandler(handler, options)
    return this.#inner.dispatch(toUndici5Options(options), toUndici5Handler(handler))
  }

  request(options, callback) {
    return this.#inner.request(toUndici5Options(options), callback)
  }

  upgrade(options, callback) {
    return this.#inner.upgrade(toUndici5Options(options), callback)
  }

  close(...parameters) {
    return this.#inner.close(...parameters)
  }

  destroy(...parameters) {
    return this.#inner.destroy(...parameters)
  }
}

class Client extends Dispatcher {
  constructor(origin, options) {
    super(new undici5.Client(origin, options))
  }
}

class Pool extends Dispatcher {
  constructor(origin, options) {
    super(new undici5.Pool(origin, options))
  }
}

class Agent extends Dispatcher {
  constructor(options) {
    super(new undici5.Agent(options))
  }
}

let defaultAgent

function request(url, options = {}) {
  const { dispatcher = (defaultAgent ??= new Agent()), ...rest } = options
  const target = new URL(url)
  return dispatcher.request({
    ...rest,
    origin: target.origin,
    path: `${target.pathname}${target.search}`,
    method: rest.method ?? (rest.body ? 'PUT' : 'GET'),
  })
}

module.exports = { Dispatcher, Client, Pool, Agent, request, errors: undici5.errors }
