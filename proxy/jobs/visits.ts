import type { Kysely } from 'kysely'
import { toAddressGroup } from '../core/addresses.ts'
import type { Schema } from '../database/schema.ts'

/** What somebody's jobs of a day came to. */
export interface DayUse {
  readonly jobs: number
  readonly runMs: number
}

type ReadUse = (accountId: string, sinceMs: number) => Promise<DayUse>

/**
 * What guests used from one address (IPv6: one network): leaving and coming back as another guest gives nothing new. Of
 * those who are gone this is in memory, so a new start of the program forgets it.
 */
export class Visits {
  readonly #kysely: Kysely<Schema>
  readonly #readUse: ReadUse
  readonly #gone = new Map<string, DayUse & { readonly group: string; readonly sinceMs: number }>()

  constructor(kysely: Kysely<Schema>, readUse: ReadUse) {
    this.#kysely = kysely
    this.#readUse = readUse
  }

  /** Of all guests from where this one came, this one too; undefined for who did not let themselves in. */
  async readUse(accountId: string, sinceMs: number): Promise<DayUse | undefined> {
    const guests = await this.#readGuests()
    const group = guests.get(accountId)
    if (group === undefined) return undefined
    const near = [...guests.keys()].filter((id) => guests.get(id) === group)
    const uses = await Promise.all(near.map((id) => this.#readUse(id, sinceMs)))
    for (const [id, use] of this.#gone) {
      if (use.sinceMs !== sinceMs) this.#gone.delete(id)
      else if (use.group === group && !guests.has(id)) uses.push(use)
    }
    const sum = (what: (use: DayUse) => number): number => uses.reduce((total, use) => total + what(use), 0)
    return { jobs: sum(({ jobs }) => jobs), runMs: sum(({ runMs }) => runMs) }
  }

  /** To be called before the account of a visit goes, as often as one likes. */
  async remember(accountId: string, sinceMs: number): Promise<void> {
    const group = (await this.#readGuests()).get(accountId)
    if (group === undefined) return
    this.#gone.set(accountId, { ...(await this.#readUse(accountId, sinceMs)), group, sinceMs })
  }

  async #readGuests(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#kysely
      .selectFrom('accounts')
      .select(['id', 'guest_address'])
      .where('guest_address', 'is not', null)
      .execute()
    return new Map(rows.map(({ id, guest_address }) => [id, toAddressGroup(guest_address ?? '')]))
  }
}
