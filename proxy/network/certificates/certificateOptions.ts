import type { ActedBy } from '../../accounts/actedBy.ts'
import type { SettingName, Settings } from '../../contract/settings.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Random } from '../../core/random.ts'
import { DAY_MS } from '../../core/time.ts'
import type { Interfaces } from '../lanAddresses.ts'

/** Where private keys are kept; see secrets/secretVault.ts. */
export interface KeyKeep {
  readonly kind: 'keychain' | 'file' | 'environment'
  get(name: 'authority-key' | 'leaf-key'): Promise<Buffer | undefined>
  set(name: 'authority-key' | 'leaf-key', value: Buffer): Promise<void>
}

/** What was exchanged, for the log. */
export interface CertificateChange {
  readonly what: 'authority' | 'certificate'
  /** `first`: there was none that could be used. */
  readonly reason: 'first' | 'names' | 'time' | 'owner' | 'files' | 'mode'
  readonly fingerprint: string
}

/** What certificates are made from, and how the rest hears of them. */
export interface CertificatesOptions {
  /** The folder of the certificates, `tls` of the data folder. */
  readonly directory: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly keep: KeyKeep
  readonly settings: {
    get<Name extends SettingName>(name: Name): Settings[Name]
    onChange(listener: () => void): () => void
  }
  readonly hostName: () => string
  readonly interfaces: () => Interfaces
  /** Runs while no other process makes an authority for this data folder. */
  readonly exclusively: <Made>(run: () => Promise<Made>) => Promise<Made>
  /** `by`: whose word it was; left out: by itself. */
  readonly record: (change: CertificateChange, by?: ActedBy) => void
  /** How often addresses, clock and files are looked at; 5000 when left out. */
  readonly pollMs?: number
}

/** Clocks of phones and computers differ; a certificate that has yet to begin is refused. */
export const BACKDATED_MS = DAY_MS
export const SERVER_LIFE_MS = 90 * DAY_MS
export const AUTHORITY_LIFE_MS = 730 * DAY_MS
export const RENEWED_BEFORE_MS = 30 * DAY_MS

/** The computer in words, as it stands in names of certificates. */
export const nameComputer = (hostName: string): string =>
  (hostName.split('.')[0] ?? '')
    .replace(/[^A-Za-z0-9-]+/g, ' ')
    .trim()
    .slice(0, 30) || 'this computer'
