import { sql } from 'kysely'
import type { Kysely, Transaction } from 'kysely'
import type { Clock } from '../core/clock.ts'
import { silentLogger } from '../core/logger.ts'
import type { Logger } from '../core/logger.ts'
import { GateError } from '../contract/errorCodes.ts'
import { isSettingName, settingDefinitions } from '../contract/settings.ts'
import type { ReadSetting, SettingName, Settings } from '../contract/settings.ts'
import type { Schema } from '../database/schema.ts'

/*
 * The persisted settings: read from memory, written through. It owns the settings table and knows nothing of what a
 * setting does; whoever uses one listens for its change.
 */

/** Where settings are kept, and the time for their change. */
export interface SettingsStoreOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  /** Hears what of a stored value could not be kept. */
  readonly logger?: Logger
}

interface StoredValue {
  readonly json: string
  readonly changedAtMs: number
}
type StoredValues = ReadonlyMap<SettingName, StoredValue>

const settingNames = Object.keys(settingDefinitions).filter(isSettingName)

export type SettingsListener = (names: readonly SettingName[]) => void

export class SettingsStore {
  readonly #options: SettingsStoreOptions
  readonly #listeners = new Set<SettingsListener>()
  #stored: StoredValues
  #values: Settings

  private constructor(options: SettingsStoreOptions, stored: StoredValues) {
    this.#options = options
    this.#stored = stored
    this.#values = parseStored(stored, options.logger)
  }

  static async open(options: SettingsStoreOptions): Promise<SettingsStore> {
    return new SettingsStore(options, await readRows(options.kysely))
  }

  /** The value as last written, or its default. */
  get<Name extends SettingName>(name: Name): Settings[Name] {
    return this.#values[name]
  }

  all(): Settings {
    return { ...this.#values }
  }

  /** @throws GateError VALIDATION_FAILED when the value does not fit the setting */
  async set<Name extends SettingName>(name: Name, value: Settings[Name]): Promise<void> {
    await this.setMany({ [name]: value })
  }

  /**
   * Writes several settings or none of them.
   * @throws GateError VALIDATION_FAILED when a name is unknown or a value does not fit
   */
  async setMany(values: Readonly<Record<string, unknown>>): Promise<void> {
    const texts = Object.entries(values).map(([name, value]) => [checkName(name), checkValue(name, value)] as const)
    const changed_at_ms = this.#options.clock.nowMs()
    await this.#options.kysely.transaction().execute(async (transaction) => {
      for (const [name, value] of texts) {
        await transaction
          .insertInto('settings')
          .values({ name, value, changed_at_ms })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value, changed_at_ms }))
          .execute()
      }
    })
    await this.reload()
  }

  /** What is set for this account alone goes with it. `reload` is the caller's, once the transaction holds. */
  async forgetAccount(transaction: Transaction<Schema>, accountId: string): Promise<void> {
    const path = `$."${accountId}"`
    await transaction
      .updateTable('settings')
      .set({ value: sql<string>`json_remove(value, ${path})`, changed_at_ms: this.#options.clock.nowMs() })
      .where('name', '=', 'jobs.limitsByUser' satisfies SettingName)
      .where(sql<boolean>`json_type(value, ${path}) is not null`)
      .execute()
  }

  /**
   * Reads the table again, because another process may have written it, and tells what was written. The same value
   * written again counts: a run that was started with something else in its command line follows it then.
   */
  async reload(): Promise<void> {
    const before = this.#stored
    this.#stored = await readRows(this.#options.kysely)
    this.#values = parseStored(this.#stored, this.#options.logger)
    const written = settingNames.filter((name) => !isSame(before.get(name), this.#stored.get(name)))
    if (written.length === 0) return
    for (const listener of [...this.#listeners]) listener(written)
  }

  onChange(listener: SettingsListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

async function readRows(kysely: Kysely<Schema>): Promise<StoredValues> {
  const rows = await kysely.selectFrom('settings').select(['name', 'value', 'changed_at_ms']).execute()
  const known = rows.flatMap(({ name, value, changed_at_ms: changedAtMs }) =>
    isSettingName(name) ? [[name, { json: value, changedAtMs }] as const] : [],
  )
  return new Map(known)
}

const isSame = (before: StoredValue | undefined, after: StoredValue | undefined): boolean =>
  before?.json === after?.json && before?.changedAtMs === after?.changedAtMs

function parseStored(stored: StoredValues, logger: Logger = silentLogger): Settings {
  const values = settingNames.map((name) => {
    const json = stored.get(name)?.json
    const definition = settingDefinitions[name]
    if (json === undefined) return [name, definition.default] as const
    const { value, dropped } = readValue(definition, JSON.parse(json))
    const parsed = definition.schema.safeParse(value)
    if (!parsed.success || dropped.length > 0) {
      logger.warn({ setting: name, dropped }, 'a setting of another version was not kept whole')
    }
    // A value of another version that no longer fits counts as never set.
    return [name, parsed.success ? parsed.data : definition.default] as const
  })
  // The entries are exactly the names of `settingDefinitions`, each parsed by its own schema.
  return Object.fromEntries(values) as Settings
}

function readValue(definition: (typeof settingDefinitions)[SettingName], stored: unknown): ReadSetting {
  return 'read' in definition ? definition.read(stored) : { value: stored, dropped: [] }
}

function checkName(name: string): SettingName {
  if (isSettingName(name)) return name
  throw new GateError('VALIDATION_FAILED', `There is no setting named ${name.slice(0, 60)}.`)
}

function checkValue(name: string, value: unknown): string {
  const parsed = settingDefinitions[checkName(name)].schema.safeParse(value)
  if (parsed.success) return JSON.stringify(parsed.data)
  const reason = parsed.error.issues[0]?.message ?? 'unknown reason'
  throw new GateError('VALIDATION_FAILED', `${name}: this value does not fit (${reason}).`, {
    details: { errors: [{ path: name, message: reason }] },
  })
}
