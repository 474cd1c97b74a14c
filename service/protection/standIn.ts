import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { z } from 'zod'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { openStores } from '../../proxy/accounts/openStores.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import type { Role } from '../../proxy/contract/roles.ts'
import type { Scope } from '../../proxy/contract/keys.ts'
import type { Clock } from '../../proxy/core/clock.ts'
import type { Random } from '../../proxy/core/random.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import { DAY_MS } from '../../proxy/core/time.ts'
import { openService } from '../gatehouseService.ts'
import { openLogFile } from '../logFile.ts'
import type { GatehouseService, ServicePaths } from '../serviceTypes.ts'
import type { NodeCommand } from '../../launcher/launchCommand.ts'
import { CannotTry } from './attackOutcome.ts'
import { sessionCookieOf } from './attackTarget.ts'
import type { AttackAnswer, AttackTarget } from './attackTarget.ts'

/** Somebody who exists for these attacks alone. */
export interface ThrowAwayPerson {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly password: string
  readonly key: string
}

/** `creator` and `other` have the same role: one attacks, the other is attacked. */
export const throwAwayRoles = {
  administrator: 'administrator',
  creator: 'creator',
  other: 'creator',
  user: 'user',
  viewer: 'viewer',
  guest: 'guest',
} as const
export type ThrowAwayName = keyof typeof throwAwayRoles

export interface StandInOptions {
  /** Empty, private to this user, and removed by whoever made it. */
  readonly directory: string
  readonly paths: ServicePaths
  readonly nodeCommand: NodeCommand
  readonly clock: Clock
  readonly random: Random
}

const READY_MS = 60_000

/** A whole Gatehouse of its own on 127.0.0.1, put together by the same code, with the practice engine and people made up. */
export class StandIn {
  readonly dataDirectory: string
  readonly port: number
  readonly people: Readonly<Record<ThrowAwayName, ThrowAwayPerson>>
  /** What the database holds instead of passwords. */
  readonly passwordHashes: readonly string[]
  readonly #service: GatehouseService
  readonly #witnessFile: string
  readonly #closeLog: () => void
  #added = 0
  readonly #sessions = new Map<string, Promise<string>>()

  private constructor(
    opened: Pick<StandIn, 'dataDirectory' | 'port' | 'people' | 'passwordHashes'>,
    inside: {
      readonly service: GatehouseService
      readonly witnessFile: string
      readonly closeLog: () => void
    },
  ) {
    this.dataDirectory = opened.dataDirectory
    this.port = opened.port
    this.people = opened.people
    this.passwordHashes = opened.passwordHashes
    this.#service = inside.service
    this.#witnessFile = inside.witnessFile
    this.#closeLog = inside.closeLog
  }

  /** @throws Error when it cannot be put up; nothing of it runs then */
  static async open(options: StandInOptions): Promise<StandIn> {
    const { directory: dataDirectory, clock, random, paths, nodeCommand } = options
    const { people, passwordHashes } = await makePeople(options)
    const witnessFile = join(dataDirectory, 'witness.txt')
    appendFileSync(witnessFile, '', { mode: 0o600 })
    const log = openLogFile(dataDirectory)
    const service = await openService({
      ...{ dataDirectory, clock, random, paths, logger: log.logger },
      mode: 'headless',
      platform: process.platform,
      nodeCommand: { ...nodeCommand, env: { ...nodeCommand.env, GATEHOUSE_WITNESS: witnessFile } },
      ownerName: '',
      headless: { shareOn: [], publicPort: 0, engine: { kind: 'practice' } },
      secrets: { kind: 'file' },
    })
    try {
      await service.start()
      await untilReady(service)
      const port = Number(new URL(service.sharing.describe().localUrl).port)
      const opened = { dataDirectory, port, people, passwordHashes }
      return new StandIn(opened, { service, witnessFile, closeLog: () => log.close() })
    } catch (error) {
      await service.stop()
      log.close()
      throw error
    }
  }

  /** Header with a session of that person, made once by name and password. */
  async cookie(gate: AttackTarget, name: ThrowAwayName): Promise<{ readonly cookie: string }> {
    const made = this.#sessions.get(name) ?? this.signIn(gate, this.people[name])
    this.#sessions.set(name, made)
    return { cookie: await made }
  }

  /** A session of its own as `name=value`. @throws CannotTry when the person is not let in */
  async signIn(gate: AttackTarget, { name, password }: Pick<ThrowAwayPerson, 'name' | 'password'>): Promise<string> {
    const answer = await this.tryPassword(gate, name, password)
    const cookie = sessionCookieOf(answer)
    if (answer.status !== 200 || cookie === undefined) throw new CannotTry(`Signing in gave ${answer.status}.`)
    return cookie.split(';')[0] ?? ''
  }

  /** Somebody more, for an attack that changes who they are. */
  async addPerson(
    gate: AttackTarget,
    role: Role,
    password = 'a long password for an attack',
  ): Promise<{ id: string; name: string; password: string }> {
    this.#added += 1
    const name = `Attacked ${this.#added}`
    const { json, status } = await this.administer(gate, 'POST', '/users', { name, role, password })
    const person = z.object({ id: z.string() }).safeParse(json)
    if (!person.success) throw new CannotTry(`Adding a person gave ${status}.`)
    return { id: person.data.id, name, password }
  }

  tryPassword(gate: AttackTarget, username: string, password: string): Promise<AttackAnswer> {
    return gate.ask('/gatehouse/api/v1/session', { method: 'POST', body: { username, password } })
  }

  /** Header with that person's key. */
  key(name: ThrowAwayName): { readonly authorization: string } {
    return { authorization: `Bearer ${this.people[name].key}` }
  }

  /** Something in the administrator's name, by a key that may administer. */
  administer(gate: AttackTarget, method: string, path: string, body?: object): Promise<AttackAnswer> {
    const headers = this.key('administrator')
    return gate.ask(`/gatehouse/api/v1${path}`, { method, headers, ...(body !== undefined && { body }) })
  }

  /** How many requests with that in their line, `METHOD target`, came through to the engine so far. */
  heard(part: string): number {
    return readFileSync(this.#witnessFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes(part)).length
  }

  /** Files that hold this text, whatever they are. */
  findInFiles(text: string): string[] {
    return filesBelow(this.dataDirectory)
      .filter((file) => readFileSync(file).includes(text))
      .map((file) => this.#short(file))
  }

  /** Files that other users of this computer could open. */
  findOpenFiles(): string[] {
    const isOpen = (path: string): boolean => (statSync(path).mode & 0o077) !== 0
    if (isOpen(this.dataDirectory)) return [this.dataDirectory]
    return privateFiles.map((name) => join(this.dataDirectory, name)).filter((file) => existsSync(file) && isOpen(file))
  }

  /** Everything in folders of that person, which are named for the id or the name. */
  listFiles({ id, name }: ThrowAwayPerson): string[] {
    const marks = [id, name.toLowerCase().replaceAll(' ', '-')]
    const isTheirs = (file: string): boolean => {
      const [top = '', next = ''] = file.split(sep)
      // Previews are made by the gate itself, in its own time.
      return top !== 'thumbnails' && marks.some((mark) => top.includes(mark) || next.includes(mark))
    }
    return filesBelow(this.dataDirectory)
      .map((file) => this.#short(file))
      .filter(isTheirs)
  }

  /** The gate's own secret keys, as their file holds them. */
  secretValues(): string[] {
    const text = readFileSync(join(this.dataDirectory, 'secrets.json'), 'utf8')
    return [...text.matchAll(/"([A-Za-z0-9+/=_-]{32,})"/g)].flatMap(([, value]) => value ?? [])
  }

  /** Of the engine's process. */
  get enginePid(): number | undefined {
    const state = this.#service.engine.state()
    return state.kind === 'ready' ? state.pid : undefined
  }

  #short(file: string): string {
    return relative(this.dataDirectory, file)
  }

  /** Ends everything that it started. The folder is left to whoever made it. */
  async close(): Promise<void> {
    try {
      await this.#service.stop()
    } finally {
      this.#closeLog()
    }
  }
}

/** What is worth most; the folder's own rights protect the rest. */
const privateFiles = [
  'gatehouse.db',
  'gatehouse.db-wal',
  'gatehouse.db-shm',
  'secrets.json',
  'logs',
  'logs/gatehouse.log',
]

/** What vanishes meanwhile is left out. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return entry.isFile() && existsSync(path) ? [path] : []
  })
}

async function makePeople({ directory, clock, random }: StandInOptions) {
  const stores = await openStores({
    ...{ dataDirectory: directory, clock, random },
    logger: silentLogger,
    secrets: { kind: 'file' },
  })
  try {
    const make = (name: ThrowAwayName) => makePerson(stores, name, random, clock.nowMs())
    const people = {
      administrator: await make('administrator'),
      creator: await make('creator'),
      other: await make('other'),
      user: await make('user'),
      viewer: await make('viewer'),
      guest: await make('guest'),
    }
    const rows = await stores.database.kysely.selectFrom('accounts').select('password_hash').execute()
    return { people, passwordHashes: rows.flatMap(({ password_hash: hash }) => hash ?? []) }
  } finally {
    await stores.close()
  }
}

async function makePerson(
  stores: Stores,
  which: ThrowAwayName,
  random: Random,
  nowMs: number,
): Promise<ThrowAwayPerson> {
  const role = throwAwayRoles[which]
  const name = `Attack ${which} ${random.id(6)}`
  const password = `pw-${random.bytes(18).toString('base64url')}`
  const passwordHash = await stores.passwords.hashNew(name, password)
  const account = await stores.accounts.create({ name, role, passwordHash }, commandLine)
  const scopes: readonly Scope[] = role === 'administrator' ? ['run', 'read', 'keys', 'administer'] : ['run', 'read']
  const { text: key } = await stores.keys.create(
    { accountId: account.id, name: 'for attacks', scopes, expiresAtMs: nowMs + DAY_MS },
    commandLine,
  )
  return { id: account.id, name, role, password, key }
}

function untilReady(service: GatehouseService): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the practice engine was not ready in time')), READY_MS)
    const look = (): void => {
      const state = service.engine.state()
      if (state.kind === 'ready' || state.kind === 'failed') {
        clearTimeout(timer)
        stop()
        if (state.kind === 'ready') resolve()
        else reject(new Error(state.failure.message))
      }
    }
    const stop = service.engine.onStateChange(look)
    look()
  })
}
