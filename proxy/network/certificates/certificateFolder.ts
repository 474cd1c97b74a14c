import { X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../core/random.ts'
import { writePrivateFile } from '../../core/privateFile.ts'

/** `former`: the authority before this one. */
export type CertificateFile = 'authority' | 'former-authority' | 'server'

/** Certificates in PEM. No key lies here, so a copy of the folder signs nothing. */
export class CertificateFolder {
  readonly #directory: string
  readonly #random: Random

  constructor(directory: string, random: Random) {
    this.#directory = directory
    this.#random = random
  }

  /** undefined: there is none, or what is there is damaged. */
  read(name: CertificateFile): X509Certificate | undefined {
    try {
      return new X509Certificate(readFileSync(this.#pathOf(name)))
    } catch {
      return undefined // then a new one is made
    }
  }

  /** @throws Error of the file system */
  write(name: CertificateFile, certificate: X509Certificate): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    writePrivateFile(this.#pathOf(name), certificate.toString(), this.#random)
  }

  #pathOf(name: CertificateFile): string {
    return join(this.#directory, `${name}.pem`)
  }
}
