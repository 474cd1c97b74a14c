import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import type { Logger } from '../proxy/core/logger.ts'
import { redact } from '../proxy/core/redact.ts'

const MAX_FILE_BYTES = 5 * 1024 * 1024
const KEPT_FILES = 5

/** A file that is renamed to `.1`, `.2`, … when it is full; the oldest is deleted. Lines are written at once, so a crash loses none. */
export class RotatingFile {
  readonly #path: string
  readonly #maxBytes: number
  readonly #kept: number
  #descriptor: number
  #size: number

  constructor(path: string, maxBytes = MAX_FILE_BYTES, kept = KEPT_FILES) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#kept = kept
    this.#descriptor = openSync(path, 'a', 0o600)
    this.#size = fstatSync(this.#descriptor).size
  }

  write(line: string): void {
    const bytes = Buffer.from(redact(line))
    if (this.#size > 0 && this.#size + bytes.length > this.#maxBytes) this.#rotate()
    writeSync(this.#descriptor, bytes)
    this.#size += bytes.length
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #rotate(): void {
    closeSync(this.#descriptor)
    rmSync(`${this.#path}.${this.#kept - 1}`, { force: true })
    for (let n = this.#kept - 2; n >= 1; n -= 1) {
      if (existsSync(`${this.#path}.${n}`)) renameSync(`${this.#path}.${n}`, `${this.#path}.${n + 1}`)
    }
    renameSync(this.#path, `${this.#path}.1`)
    this.#descriptor = openSync(this.#path, 'a', 0o600)
    this.#size = 0
  }
}

export interface LogFile {
  readonly logger: Logger
  close(): void
}

/**
 * Opens `<data folder>/logs/gatehouse.log` (JSON lines, 0600, 5 files of 5 MiB).
 * `alsoTo` gets every line too, for example stderr of `gatehouse serve`.
 */
export function openLogFile(dataDirectory: string, options: { alsoTo?: { write(line: string): void } } = {}): LogFile {
  const directory = join(dataDirectory, 'logs')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const file = new RotatingFile(join(directory, 'gatehouse.log'))
  const destination = {
    write(line: string): void {
      file.write(line)
      options.alsoTo?.write(redact(line))
    },
  }
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
  return { logger, close: () => file.close() }
}
