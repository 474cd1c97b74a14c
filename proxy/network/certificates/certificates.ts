import type { X509Certificate } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import type { ActedBy } from '../../accounts/actedBy.ts'
import type { Certificates, Renewed } from '../../contract/certificates.ts'
import { GateError } from '../../contract/errorCodes.ts'
import type { TlsSource } from '../../http/tlsSource.ts'
import { CertificateFolder } from './certificateFolder.ts'
import { covers, findCertificateNames, findMissing, splitByPermission } from './certificateNames.ts'
import type { CertificateNames, FoundNames } from './certificateNames.ts'
import { nameComputer } from './certificateOptions.ts'
import type { CertificateChange, CertificatesOptions } from './certificateOptions.ts'
import { describeAuthority, describeNotice, describeServed } from './describeCertificates.ts'
import { fingerprintOf } from './fingerprint.ts'
import { LocalAuthority } from './localAuthority.ts'
import { markOf, readOwnCertificate } from './ownCertificate.ts'
import { readCertificate } from './readCertificate.ts'
import { serveKeyed, serveOwn } from './servedCertificate.ts'
import type { Served } from './servedCertificate.ts'
import { findKept, isFresh, issueServerCertificate, makeMakeshift } from './serverCertificate.ts'
import { endsAtKnownRoot } from './trustedRoots.ts'

/** A keychain that asks its owner something must not ask every few seconds. */
const RETRY_MS = 5 * 60_000
const NOTHING: FoundNames = { names: [], addresses: [], left: [] }

/**
 * The gate's certificate: made here or the owner's own, following addresses, names, time and files while it runs.
 * Unless the owner switched encryption off there is always one: what fails is told by `describe` and shows as a warning
 * in browsers, never as a connection without encryption.
 */
export class GateCertificates implements TlsSource {
  readonly #options: CertificatesOptions
  readonly #folder: CertificateFolder
  readonly #authority: LocalAuthority
  readonly #listeners = new Set<() => void>()
  #served: Served | undefined
  /** Kept nowhere, while something is wrong. */
  #isMakeshift = false
  #wanted = NOTHING
  #refused: readonly string[] = []
  #problem: string | null = null
  #toldTrouble: string | undefined
  #ownMark = ''
  #retryAtMs = 0
  /** Whose word the change under way is; undefined: its own. */
  #by: ActedBy | undefined
  #timer: NodeJS.Timeout | undefined
  #unsubscribe: (() => void) | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(options: CertificatesOptions) {
    this.#options = options
    this.#folder = new CertificateFolder(options.directory, options.random)
    this.#authority = new LocalAuthority(options, this.#folder)
  }

  /** Reads or makes what is missing; from then on follows. Never throws. */
  async start(): Promise<void> {
    this.#unsubscribe = this.#options.settings.onChange(() => void this.look())
    this.#timer = setInterval(() => {
      if (this.#options.clock.nowMs() >= this.#retryAtMs || this.#isOutdated()) void this.look()
    }, this.#options.pollMs ?? 5000)
    this.#timer.unref()
    await this.look()
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.()
    clearInterval(this.#timer)
    await this.#turn
  }

  context(): SecureContext | undefined {
    return this.#served?.context
  }

  get isPubliclyTrusted(): boolean {
    return this.#served?.publiclyTrusted ?? false
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get computer(): string {
    return nameComputer(this.#options.hostName())
  }

  /** What a device trusts once; undefined: nothing of that kind. */
  get authority(): X509Certificate | undefined {
    return this.#served?.kind === 'authority' ? this.#authority.certificate : undefined
  }

  describe(): Certificates {
    const { settings, keep, clock } = this.#options
    const served = this.#served
    const { authority } = this
    const nowMs = clock.nowMs()
    return {
      mode: settings.get('https.mode'),
      kind: served?.kind ?? null,
      keptIn: keep.kind,
      publiclyTrusted: this.isPubliclyTrusted,
      authority: authority === undefined ? null : describeAuthority(authority),
      certificate: served === undefined ? null : describeServed(served),
      missing: served === undefined ? [] : findMissing(served.facts, this.#wanted),
      problem: this.#problem,
      notice:
        authority === undefined
          ? null
          : describeNotice(authority, {
              age: this.#authority.ageOf(authority),
              hadFormer: this.#folder.read('former-authority') !== undefined,
              refused: this.#refused,
              nowMs,
            }),
    }
  }

  /** Looks at addresses, names, clock and files now. Never throws. */
  async look(): Promise<void> {
    try {
      await this.#inTurn(() => this.#follow())
    } catch (error) {
      this.#options.logger.error({ err: error }, 'the certificate could not be looked after')
    }
  }

  /** @throws GateError in words; then what was served is served on */
  async renew(what: Renewed, by?: ActedBy): Promise<void> {
    await this.#inTurn(async () => {
      this.#by = by
      try {
        await this.#renew(what)
      } finally {
        this.#by = undefined
      }
    })
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(action)
    this.#turn = run.catch(() => undefined)
    return run
  }

  async #follow(): Promise<void> {
    const mode = this.#options.settings.get('https.mode')
    this.#wanted = this.#findNames()
    try {
      this.#problem = null
      if (mode === 'off') this.#serve(undefined)
      else if (mode !== 'own' || !this.#followOwn()) await this.#followMade()
      this.#retryAtMs = 0
    } catch (error) {
      this.#fail(error)
    }
    this.#tellTrouble(mode)
  }

  /** What the window shows may be another thing although the certificate is the same. */
  #tellTrouble(mode: Certificates['mode']): void {
    const trouble = JSON.stringify([mode, this.#problem, this.#refused, this.#wanted.left])
    const wasTold = this.#toldTrouble
    this.#toldTrouble = trouble
    if (wasTold !== undefined && wasTold !== trouble) this.#tell()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  /** @returns false: something made here has to do */
  #followOwn(): boolean {
    const { settings, clock } = this.#options
    const files = { certificateFile: settings.get('https.certificateFile'), keyFile: settings.get('https.keyFile') }
    const mark = markOf(files)
    const nowMs = clock.nowMs()
    const isSame = this.#served?.kind === 'own' && mark === this.#ownMark
    if (isSame && nowMs < (this.#served?.facts.notAfterMs ?? 0)) return true
    try {
      const own = readOwnCertificate(files, nowMs)
      this.#serve(serveOwn(own, endsAtKnownRoot(own.chain, nowMs)), 'files')
      this.#ownMark = mark
      return true
    } catch (error) {
      if (!(error instanceof GateError)) throw error
      // Two files are exchanged one after the other; what is served holds meanwhile.
      const holds = this.#served?.kind === 'own' && nowMs < this.#served.facts.notAfterMs
      const meanwhile = holds ? 'the one from before is used' : 'one made here is used, and browsers warn'
      this.#problem = `${error.message} Until then ${meanwhile}.`
      return holds
    }
  }

  async #followMade(): Promise<void> {
    if (this.#options.keep.kind === 'keychain') await this.#followAuthority()
    else await this.#serveSigned(undefined, this.#wanted)
  }

  async #followAuthority(): Promise<void> {
    const opened = await this.#authority.open(this.#wanted.names)
    if (opened.isNew) this.#record('authority', 'first', opened.certificate)
    if (this.#authority.ageOf(opened.certificate) === 'due') await this.#makeAuthority('time')
    await this.#serveSigned(this.#authority.certificate, this.#wanted)
  }

  async #makeAuthority(reason: CertificateChange['reason']): Promise<void> {
    this.#record('authority', reason, await this.#authority.renew(this.#wanted.names))
  }

  /** Serves what is served or kept, if it will do, or a new one. */
  async #serveSigned(authority: X509Certificate | undefined, found: CertificateNames, renew = false): Promise<void> {
    const { clock } = this.#options
    const { allowed, refused } =
      authority === undefined
        ? { allowed: found, refused: [] }
        : splitByPermission(found, describeAuthority(authority).names)
    this.#refused = refused
    const kind = authority === undefined ? 'selfSigned' : 'authority'
    const isGood = (certificate: X509Certificate): boolean => isFresh(certificate, allowed, clock.nowMs())
    const served = this.#served
    const isServed = served?.kind === kind && !this.#isMakeshift && isSignedBy(served.certificate, authority)
    if (!renew && isServed && isGood(served.certificate)) return
    const kept = await findKept(this.#options, this.#folder, authority)
    if (!renew && kept !== undefined && isGood(kept.certificate)) {
      this.#serve(serveKeyed(kept, kind))
      return
    }
    const issuer = authority === undefined ? undefined : await this.#authority.take()
    const former = kept?.certificate
    const issued = await issueServerCertificate(this.#options, this.#folder, {
      names: allowed,
      ...(issuer === undefined ? {} : { issuer }),
      former,
    })
    this.#serve(serveKeyed(issued, kind), renew ? 'owner' : reasonOf(former, allowed))
  }

  async #renew(what: Renewed): Promise<void> {
    if (this.#options.settings.get('https.mode') === 'off') {
      throw new GateError('VALIDATION_FAILED', 'Encryption is switched off, so there is no certificate.')
    }
    if (this.#served?.kind === 'own') {
      throw new GateError('VALIDATION_FAILED', 'Your own certificate is used. Put the renewed files in its place.')
    }
    this.#wanted = this.#findNames()
    if (what === 'authority') {
      if (this.#options.keep.kind !== 'keychain') {
        throw new GateError('VALIDATION_FAILED', 'Without a keychain there is no authority on this computer.')
      }
      await this.#makeAuthority('owner')
    }
    await this.#serveSigned(this.#authority.certificate, this.#wanted, true)
    this.#problem = null
  }

  #findNames(): FoundNames {
    const { settings, hostName, interfaces } = this.#options
    return findCertificateNames({
      hostName: hostName(),
      announcedName: settings.get('sharing.name'),
      hostNames: settings.get('sharing.hostNames'),
      interfaces: interfaces(),
      chosenAddresses: settings.get('sharing.addresses'),
    })
  }

  /** After a failure nothing is tried for a while, unless the network is another one. */
  #isOutdated(): boolean {
    const found = this.#findNames()
    return found.addresses.join() !== this.#wanted.addresses.join() || found.names.join() !== this.#wanted.names.join()
  }

  #fail(error: unknown): void {
    const { clock, logger } = this.#options
    logger.warn({ err: error }, 'the certificate could not be renewed')
    this.#retryAtMs = clock.nowMs() + RETRY_MS
    this.#problem =
      error instanceof GateError ? error.message : 'The certificate could not be renewed. The log says why.'
    const holds = this.#served !== undefined && clock.nowMs() < this.#served.facts.notAfterMs
    if (holds && this.#served?.kind !== 'own') return
    this.#serve(serveKeyed(makeMakeshift(this.#options, this.#wanted), 'selfSigned'), 'first')
    this.#isMakeshift = true
  }

  #serve(served: Served | undefined, reason?: CertificateChange['reason']): void {
    const isSame = served?.certificate.fingerprint256 === this.#served?.certificate.fingerprint256
    this.#served = served
    this.#isMakeshift = false
    if (isSame) return
    if (served !== undefined && reason !== undefined) this.#record('certificate', reason, served.certificate)
    this.#tell()
  }

  #record(what: CertificateChange['what'], reason: CertificateChange['reason'], certificate: X509Certificate): void {
    this.#options.record({ what, reason, fingerprint: fingerprintOf(certificate).hex }, this.#by)
  }
}

function isSignedBy(certificate: X509Certificate, authority: X509Certificate | undefined): boolean {
  const signer = authority ?? certificate
  return certificate.issuer === signer.subject && certificate.verify(signer.publicKey)
}

function reasonOf(former: X509Certificate | undefined, wanted: CertificateNames): CertificateChange['reason'] {
  if (former === undefined) return 'first'
  return covers(readCertificate(former), wanted) ? 'time' : 'names'
}
