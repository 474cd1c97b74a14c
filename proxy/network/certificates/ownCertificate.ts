import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { GateError } from '../../contract/errorCodes.ts'
import { hasCode } from '../../core/systemErrors.ts'
import { createGateContext } from '../../http/secureContext.ts'
import { readCertificate } from './readCertificate.ts'

/** A certificate that the owner brought along. */
export interface OwnCertificate {
  /** The server's first, then those above it. */
  readonly chain: readonly X509Certificate[]
  readonly certificatePem: string
  readonly keyPem: string
}

export interface OwnCertificateFiles {
  readonly certificateFile: string
  readonly keyFile: string
}

const MAX_BYTES = 1024 * 1024
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** Tells one state of the files from another; it reads nothing of them. */
export function markOf({ certificateFile, keyFile }: OwnCertificateFiles): string {
  return [certificateFile, keyFile, markOfFile(certificateFile), markOfFile(keyFile)].join('|')
}

function markOfFile(file: string): string {
  try {
    const { ino, size, mtimeMs, mode } = statSync(file)
    return `${ino}.${size}.${mtimeMs}.${mode}`
  } catch {
    return '' // why it cannot be read, reading it says
  }
}

/** @throws GateError VALIDATION_FAILED that says in words which file is wrong and how to mend it */
export function readOwnCertificate(files: OwnCertificateFiles, nowMs: number): OwnCertificate {
  const certificatePem = readFile(files.certificateFile, 'certificate')
  const chain = readChain(certificatePem, files.certificateFile)
  const [leaf] = chain
  if (leaf === undefined) {
    throw refuse(`${files.certificateFile} holds no certificate in PEM, which begins with "BEGIN CERTIFICATE".`)
  }
  const keyPem = readFile(files.keyFile, 'key')
  checkRights(files.keyFile)
  const key = readKey(keyPem, files.keyFile)
  if (!leaf.checkPrivateKey(key)) {
    throw refuse('The key does not belong to this certificate. Choose the key that was made with it.')
  }
  checkTime(leaf, nowMs)
  try {
    createGateContext({ certificate: certificatePem, key: keyPem })
  } catch (cause) {
    throw refuse(
      'This certificate cannot be used for HTTPS: its key or its signature is too weak, or of an unknown kind.',
      cause,
    )
  }
  return { chain, certificatePem, keyPem }
}

const refuse = (message: string, cause?: unknown): GateError => new GateError('VALIDATION_FAILED', message, { cause })

function readFile(file: string, what: 'certificate' | 'key'): string {
  if (file === '') throw refuse(`No file was chosen for the ${what}.`)
  if (!isAbsolute(file)) throw refuse(`Give the whole path of the ${what}, not ${file}.`)
  try {
    const stats = statSync(file)
    if (!stats.isFile()) throw refuse(`${file} is no file.`)
    if (stats.size > MAX_BYTES) throw refuse(`${file} is too large for a ${what}.`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof GateError) throw error
    const reason = hasCode(error, 'ENOENT')
      ? 'is not there'
      : hasCode(error, 'EACCES', 'EPERM')
        ? 'may not be read by Gatehouse'
        : 'cannot be read'
    throw refuse(`The file of the ${what}, ${file}, ${reason}.`, error)
  }
}

function readChain(pem: string, file: string): X509Certificate[] {
  try {
    const chain = (pem.match(CERTIFICATE) ?? []).map((text) => new X509Certificate(text))
    for (const certificate of chain) readCertificate(certificate)
    return chain
  } catch (cause) {
    throw refuse(`A certificate in ${file} is damaged.`, cause)
  }
}

/** A group may read it, as servers of several programs have it; nobody else. */
function checkRights(file: string): void {
  if (process.platform === 'win32' || (statSync(file).mode & 0o037) === 0) return
  throw refuse(`Other users of this computer can read or change the key ${file}. To mend it: chmod 600 ${file}`)
}

function readKey(pem: string, file: string): KeyObject {
  if (/ENCRYPTED/.test(pem)) {
    throw refuse(`The key ${file} is locked with a password. Gatehouse needs one without, which nobody else can read.`)
  }
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw refuse(`${file} holds no private key in PEM, which begins with "BEGIN PRIVATE KEY".`, cause)
  }
}

function checkTime(leaf: X509Certificate, nowMs: number): void {
  const { notBeforeMs, notAfterMs } = readCertificate(leaf)
  const toDay = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)
  if (nowMs >= notAfterMs)
    throw refuse(`This certificate ended on ${toDay(notAfterMs)}. Put the renewed one in its place.`)
  if (nowMs < notBeforeMs) {
    throw refuse(
      `This certificate begins on ${toDay(notBeforeMs)}. If that is past, the clock of this computer is wrong.`,
    )
  }
}
