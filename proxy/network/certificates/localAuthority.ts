import type { KeyObject, X509Certificate } from 'node:crypto'
import { GateError } from '../../contract/errorCodes.ts'
import { DAY_MS } from '../../core/time.ts'
import { makeKey, readKey, toKeptBytes } from './certificateKeys.ts'
import type { CertificateFolder } from './certificateFolder.ts'
import { AUTHORITY_LIFE_MS, BACKDATED_MS, nameComputer, RENEWED_BEFORE_MS } from './certificateOptions.ts'
import type { CertificatesOptions } from './certificateOptions.ts'
import { makeAuthority } from './makeCertificate.ts'
import type { Authority } from './makeCertificate.ts'
import { readCertificate } from './readCertificate.ts'

/** No computer that runs this has an earlier date: its clock lost the time. */
const EARLIEST_MS = Date.UTC(2026, 0, 1)
/** So long after its end a clock that jumped is likelier than nobody having looked. */
const JUMPED_MS = 365 * DAY_MS

/**
 * `due`: a new one is to be made by itself. `future`, `past`: the clock is likelier wrong than the authority, and what
 * phones trust is not thrown away for that.
 */
export type AuthorityAge = 'good' | 'due' | 'future' | 'past'

/** The authority of this computer: its certificate in the folder, its key in the keychain, read only to sign. */
export class LocalAuthority {
  readonly #options: CertificatesOptions
  readonly #folder: CertificateFolder
  #certificate: X509Certificate | undefined

  constructor(options: CertificatesOptions, folder: CertificateFolder) {
    this.#options = options
    this.#folder = folder
  }

  get certificate(): X509Certificate | undefined {
    return this.#certificate
  }

  /**
   * The authority there is, or one made now, for these names.
   * @throws GateError SECRETS_UNAVAILABLE when the keychain does not answer; VALIDATION_FAILED when the clock is wrong
   */
  async open(permittedNames: readonly string[]): Promise<{ certificate: X509Certificate; isNew: boolean }> {
    const known = this.#certificate ?? (await this.#findKept())?.certificate
    const opened = known === undefined ? await this.#openFirst(permittedNames) : { certificate: known, isNew: false }
    this.#certificate = opened.certificate
    return opened
  }

  #openFirst(permittedNames: readonly string[]): Promise<{ certificate: X509Certificate; isNew: boolean }> {
    return this.#options.exclusively(async () => {
      // Another process may have made one since.
      const kept = await this.#findKept()
      if (kept !== undefined) return { certificate: kept.certificate, isNew: false }
      return { certificate: await this.#make(permittedNames), isNew: true }
    })
  }

  /** Makes a new one in its place, with a new key. What trusts the old one has to be told anew. */
  async renew(permittedNames: readonly string[]): Promise<X509Certificate> {
    const made = await this.#options.exclusively(() => this.#make(permittedNames))
    this.#certificate = made
    return made
  }

  ageOf(certificate: X509Certificate): AuthorityAge {
    const nowMs = this.#options.clock.nowMs()
    const { notBeforeMs, notAfterMs } = readCertificate(certificate)
    if (nowMs < notBeforeMs) return 'future'
    if (nowMs > notAfterMs + JUMPED_MS) return 'past'
    return nowMs >= notAfterMs - RENEWED_BEFORE_MS ? 'due' : 'good'
  }

  /** With its key, for one signature. @throws GateError SECRETS_UNAVAILABLE when the keychain has it no more */
  async take(): Promise<Authority> {
    const kept = await this.#findKept()
    if (kept !== undefined) {
      this.#certificate = kept.certificate
      return kept
    }
    this.#certificate = undefined
    throw new GateError('SECRETS_UNAVAILABLE', 'The key of the authority is no longer in the keychain.')
  }

  /** undefined: one of both is missing, or they do not belong together. */
  async #findKept(): Promise<Authority | undefined> {
    const certificate = this.#folder.read('authority')
    if (certificate === undefined) return undefined
    const bytes = await this.#options.keep.get('authority-key')
    const key = bytes === undefined ? undefined : tryToRead(bytes)
    return key !== undefined && certificate.checkPrivateKey(key) ? { certificate, key } : undefined
  }

  async #make(permittedNames: readonly string[]): Promise<X509Certificate> {
    const { clock, keep, random, hostName } = this.#options
    const nowMs = clock.nowMs()
    if (nowMs < EARLIEST_MS) {
      throw new GateError('VALIDATION_FAILED', 'The clock of this computer is wrong. Set the date, then go on.')
    }
    const key = makeKey()
    const certificate = makeAuthority({
      key,
      commonName: `Gatehouse authority of ${nameComputer(hostName())} ${random.id(4)}`,
      permittedNames,
      notBeforeMs: nowMs - BACKDATED_MS,
      notAfterMs: nowMs + AUTHORITY_LIFE_MS,
      random,
    })
    const former = this.#folder.read('authority')
    // The key first: a certificate without its key is seen to be none.
    await keep.set('authority-key', toKeptBytes(key))
    if (former !== undefined) this.#folder.write('former-authority', former)
    this.#folder.write('authority', certificate)
    return certificate
  }
}

function tryToRead(bytes: Buffer): KeyObject | undefined {
  try {
    return readKey(bytes)
  } catch {
    return undefined // then there is no key
  }
}
