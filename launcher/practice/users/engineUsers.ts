import { mkdir, rm, stat } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import type { EngineFolders, UserFolders } from '../nodes/nodeClass.ts'
import { isInside } from '../nodes/savePath.ts'
import { isJsonObject, memberOf, type JsonValue } from '../values/json.ts'
import { parseRules, type EngineRules } from './engineRules.ts'
import { UserModels } from './userModels.ts'

const USER_ID = /^[a-z0-9]{16}$/
const MEMBERS = {
  input: 'inputDirectory',
  output: 'outputDirectory',
  temp: 'tempDirectory',
  userdata: 'userdataDirectory',
}

const KINDS = ['input', 'output', 'temp', 'userdata'] as const

/** Somebody who works here, and where this one's files lie. */
export interface EngineUser {
  readonly id: string
  readonly folders: UserFolders
  /** undefined: no limits. Those of when this was asked for: `find` again for what holds now. */
  readonly rules: EngineRules | undefined
}

/** Folders that cannot be used; the message says why, for the gate. */
export class FolderRefused extends Error {}

/** A telling’s number that is no whole number of 1 or more. */
export class OrderRefused extends Error {}

/** A telling that was given up and came after a later one. */
export class OldRules extends Error {
  /** The number of the later one. */
  readonly last: number

  constructor(last: number) {
    super('something later was told of this user already')
    this.last = last
  }
}

/** Whether the text has the form of a user's id. */
export function isUserId(text: string): boolean {
  return USER_ID.test(text)
}

/** Everybody the gate has told this start of the engine about. Nothing of it is kept over a restart. */
export class EngineUsers {
  readonly #own: UserFolders
  readonly #modelsFolder: string
  readonly #users = new Map<string, EngineUser>()
  /** Numbers of the last tellings, also of whoever is forgotten: what was told before may still come. */
  readonly #orders = new Map<string, number>()

  /** @param folders whose own ones `null` stands for */
  constructor({ own, models }: EngineFolders) {
    this.#own = own
    this.#modelsFolder = models
  }

  find(id: string): EngineUser | undefined {
    return this.#users.get(id)
  }

  /**
   * Takes over the folders and rules of the body of `PUT users/{id}`. What was known before stays when they are refused.
   * @throws FolderRefused, RulesRefused, OrderRefused, OldRules
   */
  async put(id: string, body: JsonValue): Promise<void> {
    const order = readOrder(body)
    this.#begin(id, order)
    const givenRules = isJsonObject(body) ? memberOf(body, 'rules') : undefined
    const members = 4 + (givenRules === undefined ? 0 : 1) + (order === undefined ? 0 : 1)
    if (!isJsonObject(body) || Object.keys(body).length !== members) throw new FolderRefused('four folders are wanted')
    const rules = givenRules === undefined ? undefined : parseRules(givenRules)
    const given = KINDS.flatMap((kind) => {
      const path = readFolder(memberOf(body, MEMBERS[kind]), kind)
      return path === null ? [] : [{ kind, path }]
    })
    for (const { kind, path } of given) {
      if (kind !== 'temp') await checkFolder(path, kind)
      this.#refuseOverlap(id, kind, path)
    }
    const folders: UserFolders = {
      ...this.#own,
      ...Object.fromEntries(given.map(({ kind, path }) => [kind, path])),
      models: new UserModels(this.#modelsFolder, () => this.find(id)?.rules),
    }
    await makeTemp(folders.temp)
    // Something later may have come while the folders were looked at.
    this.#begin(id, order)
    this.#users.set(id, { id, folders, rules })
  }

  /** Also for what is refused then: there is something later to tell all the same. */
  #begin(id: string, order: number | undefined): void {
    const last = this.#orders.get(id) ?? 0
    if (order === undefined) return
    if (order < last) throw new OldRules(last)
    this.#orders.set(id, order)
  }

  /** What is somebody's is nobody else's, also not a folder above or below it. Links are the gate's to refuse. */
  #refuseOverlap(id: string, kind: string, path: string): void {
    const others = [...this.#users.values()].filter((user) => user.id !== id).map((user) => user.folders)
    const taken = [this.#own, ...others].flatMap((set) => KINDS.map((name) => set[name]))
    if (taken.some((other) => isInside(other, path) || isInside(path, other))) {
      throw new FolderRefused(`the ${kind} folder is somebody else's, or lies above or below one`)
    }
  }

  forget(id: string): void {
    this.#users.delete(id)
  }

  /** Removes what was temporary. */
  async clean(): Promise<void> {
    for (const { folders } of this.#users.values()) await rm(folders.temp, { recursive: true, force: true })
  }
}

function readOrder(body: JsonValue): number | undefined {
  const order = isJsonObject(body) ? memberOf(body, 'order') : undefined
  if (order === undefined) return undefined
  if (typeof order !== 'bigint' || order < 1n || order > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new OrderRefused('order is no whole number of 1 or more')
  }
  return Number(order)
}

/** null: the engine's own. */
function readFolder(value: JsonValue | undefined, name: string): string | null {
  if (value === null) return null
  if (typeof value !== 'string' || value === '' || value.includes('\0') || !isAbsolute(value)) {
    throw new FolderRefused(`the ${name} folder is no absolute path`)
  }
  return resolve(value)
}

async function checkFolder(path: string, name: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return
  } catch {
    // Missing and unreadable are the same here.
  }
  throw new FolderRefused(`the ${name} folder is not there`)
}

async function makeTemp(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch {
    throw new FolderRefused('the temp folder cannot be made')
  }
}
