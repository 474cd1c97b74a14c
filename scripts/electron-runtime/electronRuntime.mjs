// Which Electron runs the app here: the one named in the environment, the official one, or on Linux x64 the fallback.

import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import {
  FALLBACK_VERSION,
  findFallbackElectron,
  isFallbackDistribution,
  isFallbackSupported,
  prepareFallbackElectron,
} from './fallbackElectron.mjs'
import {
  downloadOfficialElectron,
  executableInDistribution,
  findOfficialElectron,
  readDistributionVersion,
} from './officialElectron.mjs'

const preludeFile = fileURLToPath(new URL('./prelude.cjs', import.meta.url))

/** Chromium refuses to start its sandbox as root. */
function sandboxArguments() {
  return process.platform === 'linux' && process.getuid() === 0 ? ['--no-sandbox'] : []
}

function toRuntime({ executablePath, distDirectory, version }) {
  const official = !isFallbackDistribution(distDirectory)
  return {
    executablePath,
    distDirectory,
    version,
    official,
    env: { ELECTRON_OVERRIDE_DIST_PATH: distDirectory },
    args: [...sandboxArguments(), ...(official ? [] : [`--app-prelude=${preludeFile}`])],
  }
}

function findOverride() {
  const distDirectory = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (!distDirectory) return undefined
  const executablePath = executableInDistribution(path.resolve(distDirectory))
  if (!fs.existsSync(executablePath)) {
    throw new Error(`ELECTRON_OVERRIDE_DIST_PATH is set, but there is no ${executablePath}.`)
  }
  const version = readDistributionVersion(distDirectory)
  if (version === undefined)
    throw new Error(`${distDirectory} has no file "version", so it is no Electron distribution.`)
  return { executablePath, distDirectory: path.resolve(distDirectory), version }
}

/** The Electron that is already here, or undefined; downloads nothing. */
export function findPresentElectron() {
  try {
    return findOverride() ?? findOfficialElectron() ?? findFallbackElectron()
  } catch {
    return undefined // The override names none: `npm start` says so.
  }
}

async function prepareFallback(reason, log) {
  try {
    const runtime = await prepareFallbackElectron(log)
    log(`Using the fallback Electron ${FALLBACK_VERSION} (official binary: ${reason}).`)
    return runtime
  } catch (cause) {
    throw new Error(
      `No Electron to run the app with. Official binary: ${reason}. Fallback: ${cause.message}. ` +
        'Try again with a network connection (GATEHOUSE_ELECTRON_RETRY=1), or set ELECTRON_OVERRIDE_DIST_PATH.',
      { cause },
    )
  }
}

/**
 * Finds or fetches the Electron to use: `{executablePath, version, official, distDirectory, env, args}`.
 * `args` go before the app's path, also with Playwright; `distDirectory` and `version` are electron-builder's electronDist and
 * electronVersion. Throws an Error in plain words when there is none.
 */
export async function resolveElectron({ log = () => undefined } = {}) {
  const present = findOverride() ?? findOfficialElectron()
  if (present !== undefined) return toRuntime(present)
  const download = await downloadOfficialElectron({ log, always: !isFallbackSupported() })
  if (download.ok) return toRuntime(findOfficialElectron())
  if (isFallbackSupported()) return toRuntime(await prepareFallback(download.reason, log))
  throw new Error(
    `Electron could not be downloaded: ${download.reason}. Check the network connection and start again, ` +
      'or set ELECTRON_OVERRIDE_DIST_PATH to an unpacked Electron.',
  )
}
