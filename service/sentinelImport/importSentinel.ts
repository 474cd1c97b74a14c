import type { ActedBy } from '../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { toNameKey } from '../../proxy/accounts/accountName.ts'
import type { RoleId } from '../../proxy/contract/accounts.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { findMeta, setMeta } from '../../proxy/database/metaStore.ts'
import { parseNetwork } from '../../proxy/network/ipNetwork.ts'
import type { NewIpRule } from '../../proxy/network/ipRuleStore.ts'
import type { AddressList } from '../../proxy/network/addressList.ts'
import type { Refused, SentinelFolder, SentinelPerson } from './readSentinelFolder.ts'
import { mapSentinelConfig } from './sentinelSettings.ts'
import type { MappedSetting, UnmappedOption } from './sentinelSettings.ts'

export interface ImportOptions {
  /** Only says what would be done. */
  readonly dryRun: boolean
  /** What people become who are no administrators. */
  readonly role: 'user' | 'creator'
  /** Whether admins of Sentinel become administrators; otherwise they become what everybody becomes. */
  readonly administrators: boolean
  readonly by: ActedBy
}

export interface ImportReport {
  readonly dryRun: boolean
  readonly imported: readonly { readonly name: string; readonly role: RoleId }[]
  /** Taken over before. */
  readonly known: readonly string[]
  readonly refused: readonly Refused[]
  readonly rules: { readonly allow: number; readonly deny: number; readonly skipped: readonly string[] }
  readonly settings: readonly MappedSetting[]
  readonly notes: readonly UnmappedOption[]
  readonly missing: readonly string[]
}

/**
 * Takes over people, address lists and options of ComfyUI-Sentinel. Once more does nothing twice: whoever was taken over
 * keeps what was changed since. One person who does not fit keeps nobody else out.
 */
export async function importSentinel(
  stores: Stores,
  folder: SentinelFolder,
  options: ImportOptions,
): Promise<ImportReport> {
  const { settings, notes } = mapSentinelConfig(folder.config, stores.settings.get('https.mode') === 'off')
  const changed = settings.filter(
    ({ name, value }) => JSON.stringify(stores.settings.get(name)) !== JSON.stringify(value),
  )
  const people = await importPeople(stores, folder.people, options)
  const rules = await importRules(stores, folder, options)
  const report: ImportReport = {
    dryRun: options.dryRun,
    ...people,
    refused: [...folder.refused, ...people.refused],
    rules,
    settings: changed,
    notes,
    missing: folder.missing,
  }
  if (options.dryRun) return report
  if (changed.length > 0)
    await stores.settings.setMany(Object.fromEntries(changed.map(({ name, value }) => [name, value])))
  const details = {
    people: report.imported.length,
    refused: report.refused.length,
    rules: rules.allow + rules.deny,
    settings: changed.map(({ name }) => name),
  }
  stores.audit.record({ ...options.by, event: 'sentinel.imported', details })
  return report
}

type PeopleReport = Pick<ImportReport, 'imported' | 'known' | 'refused'>

async function importPeople(
  stores: Stores,
  people: readonly SentinelPerson[],
  options: ImportOptions,
): Promise<PeopleReport> {
  const imported: { name: string; role: RoleId }[] = []
  const known: string[] = []
  const refused: Refused[] = []
  const names = new Set((await stores.accounts.list()).map(({ name }) => toNameKey(name)))
  for (const person of people) {
    const { name } = person
    const before = await findMeta(stores.database.kysely, `sentinelUser:${person.id}`)
    if (before !== undefined) {
      if ((await stores.accounts.find(before)) !== undefined) known.push(name)
      else refused.push({ name, reason: 'Was taken over before and removed here since.' })
      continue
    }
    if (names.has(toNameKey(name))) {
      refused.push({ name, reason: 'There is already somebody of that name.' })
      continue
    }
    names.add(toNameKey(name))
    const role = person.isAdmin && options.administrators ? 'administrator' : options.role
    const reason = options.dryRun ? undefined : await create(stores, person, role, options.by)
    if (reason === undefined) imported.push({ name, role })
    else refused.push({ name, reason })
  }
  return { imported, known, refused }
}

/** @returns why not, in words */
async function create(
  stores: Stores,
  { id, name, passwordHash }: SentinelPerson,
  role: RoleId,
  by: ActedBy,
): Promise<string | undefined> {
  try {
    const account = await stores.accounts.create({ name, role, passwordHash }, by)
    await setMeta(stores.database.kysely, `sentinelUser:${id}`, account.id)
    return undefined
  } catch (error) {
    if (error instanceof GateError) return error.message
    throw error
  }
}

async function importRules(
  { ipRules }: Stores,
  { whitelist, blacklist }: SentinelFolder,
  { dryRun, by }: ImportOptions,
): Promise<ImportReport['rules']> {
  const add = async (list: AddressList, kind: NewIpRule['kind']): Promise<number> => {
    const rules = withThisComputer(list.networks, kind).map(({ cidr, comment }): NewIpRule => {
      return { kind, network: parseNetwork(cidr), comment, source: 'import', expiresAtMs: null }
    })
    const missing = rules.filter(({ network }) => ipRules.findByNetwork(kind, network.cidr) === undefined)
    return dryRun ? missing.length : ipRules.addMissing(missing, by)
  }
  const skipped = (list: AddressList, name: string): string[] =>
    list.skipped.map(({ line, text }) => `${name}, line ${line}: ${text}`)
  return {
    allow: await add(whitelist, 'allow'),
    deny: await add(blacklist, 'deny'),
    skipped: [...skipped(whitelist, 'whitelist'), ...skipped(blacklist, 'blacklist')],
  }
}

/** A list of who may come in would keep out whoever sits at this computer, who seldom stands in it. */
const withThisComputer = (networks: AddressList['networks'], kind: NewIpRule['kind']): AddressList['networks'] =>
  kind === 'allow' && networks.length > 0
    ? [...networks, ...['127.0.0.0/8', '::1'].map((cidr) => ({ cidr, comment: 'This computer' }))]
    : networks
