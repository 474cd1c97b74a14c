import { settingDefinitions } from '../../proxy/contract/settings.ts'
import type { SettingName } from '../../proxy/contract/settings.ts'
import type { SentinelConfig } from './readSentinelFolder.ts'

/** One option as a setting of ours. */
export interface MappedSetting {
  readonly option: string
  readonly name: SettingName
  readonly value: unknown
}

/** An option that is no setting here, and why. */
export interface UnmappedOption {
  readonly option: string
  readonly reason: string
}

export interface MappedConfig {
  readonly settings: readonly MappedSetting[]
  readonly notes: readonly UnmappedOption[]
}

/** Options whose value is a setting's value. */
const same: Readonly<Record<string, SettingName>> = {
  secret_key_env: 'tokens.secretVariable',
  access_token_expiration_hours: 'tokens.hours',
  max_access_token_expiration_hours: 'tokens.maxHours',
  log_levels: 'log.levels',
  blacklist_after_attempts: 'lockout.blacklistAfter',
  free_memory_on_logout: 'sessions.freeMemoryOnSignOut',
}

/** Options that say where a file is. The import reads them, and needs them no longer. */
const files = new Set(['users_db', 'whitelist', 'blacklist'])

/** Both spellings are in use: its README and its code differ. */
const separation = new Set(['separate_users', 'seperate_users'])

const keptApart =
  'People are always kept apart here, with folders and a history of their own; there is no switch for it.'
const managerReserved = 'ComfyUI-Manager is always for administrators only; there is no switch for it.'
const SENTINELS_LOG = 'sentinel.log'

/** Each option of `config.json` with the setting it becomes, or with why there is none. */
export function mapSentinelConfig(config: SentinelConfig, isEncryptionOff: boolean): MappedConfig {
  const settings: MappedSetting[] = []
  const notes: UnmappedOption[] = []
  for (const [option, value] of Object.entries(config)) {
    const mapped = mapOption(option, value, isEncryptionOff)
    if (mapped === undefined) continue
    if ('reason' in mapped) notes.push(mapped)
    else settings.push(mapped)
  }
  return { settings, notes }
}

function mapOption(
  option: string,
  value: unknown,
  isEncryptionOff: boolean,
): MappedSetting | UnmappedOption | undefined {
  const name = Object.hasOwn(same, option) ? same[option] : undefined
  if (name !== undefined) return checked({ option, name, value })
  if (files.has(option)) return undefined
  if (separation.has(option)) return { option, reason: keptApart }
  if (option === 'manager_admin_only') return { option, reason: managerReserved }
  if (option === 'log') return mapLog(option, value)
  if (option === 'force_https') return mapForceHttps(option, value, isEncryptionOff)
  return { option: option.slice(0, 60), reason: 'This is no option of ComfyUI-Sentinel.' }
}

function mapLog(option: string, value: unknown): MappedSetting | UnmappedOption | undefined {
  if (value === SENTINELS_LOG) return { option, reason: 'The log file keeps its name here (log.fileName).' }
  return checked({ option, name: 'log.fileName', value })
}

function mapForceHttps(
  option: string,
  value: unknown,
  isEncryptionOff: boolean,
): MappedSetting | UnmappedOption | undefined {
  if (value === true && isEncryptionOff) {
    return { option, reason: 'Encryption is switched off here (https.mode), and then nobody would come in.' }
  }
  return checked({ option, name: 'https.force', value })
}

function checked(mapped: MappedSetting): MappedSetting | UnmappedOption {
  if (settingDefinitions[mapped.name].schema.safeParse(mapped.value).success) return mapped
  return { option: mapped.option, reason: `Its value does not fit the setting ${mapped.name}, which stays as it is.` }
}
