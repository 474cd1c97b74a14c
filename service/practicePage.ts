import { FrontendInstallError } from '../launcher/practice/frontendInstallError.ts'
import { findFrontend, FRONTEND_PACKAGE, installFrontend } from '../launcher/practice/frontendPackage.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import type { DownloadProgress } from './serviceTypes.ts'

/** ComfyUI's own page for the practice engine: asked for by the owner, downloaded once into the data folder. */
export class PracticePage {
  readonly #directory: string
  #installing: Promise<void> | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  async status(): Promise<{ installed: boolean; downloadBytes: number }> {
    return { installed: (await findFrontend(this.#directory)) !== undefined, downloadBytes: FRONTEND_PACKAGE.bytes }
  }

  /** A second call while one runs waits for the first. @throws GateError ENGINE_REFUSED in words: no Python, offline, … */
  install(onProgress: (progress: DownloadProgress) => void): Promise<void> {
    this.#installing ??= this.#install(onProgress).finally(() => {
      this.#installing = undefined
    })
    return this.#installing
  }

  async #install(onProgress: (progress: DownloadProgress) => void): Promise<void> {
    const totalBytes = FRONTEND_PACKAGE.bytes
    try {
      await installFrontend({
        directory: this.#directory,
        onProgress: ({ fraction }) => onProgress({ doneBytes: Math.round(fraction * totalBytes), totalBytes }),
      })
    } catch (error) {
      if (error instanceof FrontendInstallError) throw new GateError('ENGINE_REFUSED', error.message, { cause: error })
      throw error
    }
  }
}
