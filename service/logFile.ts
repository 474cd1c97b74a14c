import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { settingDefinitions } from '../proxy/contract/settings.ts'
import type { Settings } from '../proxy/contract/settings.ts'
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

export type LogLevel = Settings['log.levels'][number]

export interface LogFile {
  readonly logger: Logger
  /** From now on only lines of these levels are written; none of them: no line at all. */
  setLevels(levels: readonly LogLevel[]): void
  /** Goes on in the file of that name in the same folder. @throws Error when it cannot be opened; then as before */
  setName(fileName: string): void
  close(): void
}

/** Numbers of pino's own levels. What makes the program end counts as an error. */
const levelsOf: Readonly<Record<LogLevel, readonly number[]>> = {
  DEBUG: [10, 20],
  INFO: [30],
  WARNING: [40],
  ERROR: [50, 60],
}
/** How pino begins each line. */
const levelPattern = /^\{"level":(\d+)/

const defaultName = settingDefinitions['log.fileName'].default

/** A path that ends in a name of somebody's picture, film, sound or model; names may hold blanks, folders seldom do. */
const personalFile =
  /(?:[A-Za-z]:)?(?:[\\/]{1,4}[^"'\s\\/:]{1,200}){0,40}[\\/]{1,4}[^"'\n\\/:]{1,200}\.(?:png|jpe?g|webp|gif|avif|bmp|tiff?|mp4|webm|mov|mkv|mp3|wav|flac|ogg|opus|glb|obj|latent)\b/gi
/** What lies in the folders of a person, whatever it is called. */
const personalFolder = /([\\/]users[\\/]{1,4}[a-z0-9]{16}[\\/])[^"'\s:]+/g

/** The log is for whoever looks after this computer: it names no file of a person. */
export const withoutPersonalFiles = (line: string): string =>
  line.replace(personalFolder, '$1…').replace(personalFile, '[a file]')

/**
 * Opens `<data folder>/logs/gatehouse.log` (JSON lines, 0600, 5 files of 5 MiB).
 * `alsoTo` gets every line too, for example stderr of `gatehouse serve`.
 */
export function openLogFile(dataDirectory: string, options: { alsoTo?: { write(line: string): void } } = {}): LogFile {
  const directory = join(dataDirectory, 'logs')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  let name: string = defaultName
  let file = new RotatingFile(join(directory, name))
  let written = toNumbers(settingDefinitions['log.levels'].default)
  const destination = {
    write(line: string): void {
      if (!written.has(Number(levelPattern.exec(line)?.[1]))) return
      const told = withoutPersonalFiles(redact(line))
      file.write(told)
      options.alsoTo?.write(told)
    },
  }
  const logger = pino({ base: null, level: 'trace', timestamp: pino.stdTimeFunctions.isoTime }, destination)
  const follow = (): void => {
    // What would be dropped is not put into words first.
    logger.level = written.size === 0 ? 'silent' : (pino.levels.labels[Math.min(...written)] ?? 'info')
  }
  follow()
  return {
    logger,
    setLevels: (levels) => {
      written = toNumbers(levels)
      follow()
    },
    setName: (fileName) => {
      if (fileName === name) return
      const next = new RotatingFile(join(directory, fileName))
      file.close()
      file = next
      name = fileName
    },
    close: () => file.close(),
  }
}

const toNumbers = (levels: readonly LogLevel[]): ReadonlySet<number> =>
  new Set(levels.flatMap((level) => levelsOf[level]))

interface LogSettings {
  get<Name extends 'log.levels' | 'log.fileName'>(name: Name): Settings[Name]
  onChange(listener: () => void): () => void
}

/** The file goes by the settings: its name at once and for this start, its levels whenever they change. */
export function followLogSettings(file: LogFile, settings: LogSettings): () => void {
  const levels = (): void => file.setLevels(settings.get('log.levels'))
  levels()
  try {
    file.setName(settings.get('log.fileName'))
  } catch (error) {
    file.logger.error({ err: error }, 'the log goes on in its old file: the one of the settings cannot be opened')
  }
  return settings.onChange(levels)
}
