// The official Electron binary of node_modules/electron: found, or downloaded by that package's own script.

import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { cacheDirectory } from '../lib/cacheDirectory.mjs'
import { inPackage, requireNode24 } from '../lib/requireNode.mjs'
import { runProcess } from '../lib/runProcess.mjs'

const DOWNLOAD_TIMEOUT_MS = 240_000
const FAILURE_IS_REMEMBERED_MS = 24 * 60 * 60 * 1000

/** Where the executable lies inside an Electron distribution of this platform. */
export function executableInDistribution(distDirectory) {
  if (process.platform === 'darwin') return path.join(distDirectory, 'Electron.app', 'Contents', 'MacOS', 'Electron')
  return path.join(distDirectory, process.platform === 'win32' ? 'electron.exe' : 'electron')
}

/** The version a distribution says it has, or undefined. */
export function readDistributionVersion(distDirectory) {
  try {
    return fs.readFileSync(path.join(distDirectory, 'version'), 'utf8').trim().replace(/^v/, '')
  } catch {
    return undefined // No such file: not a distribution.
  }
}

function wantedVersion() {
  return JSON.parse(fs.readFileSync(inPackage('electron', 'package.json'), 'utf8')).version
}

/** The installed official binary in the version package-lock.json asks for, or undefined. */
export function findOfficialElectron() {
  const distDirectory = inPackage('electron', 'dist')
  const version = wantedVersion()
  const executablePath = executableInDistribution(distDirectory)
  if (readDistributionVersion(distDirectory) !== version || !fs.existsSync(executablePath)) return undefined
  return { executablePath, distDirectory, version }
}

const failureFile = () => path.join(cacheDirectory(), 'electron-download-failed.json')

function failedLately(version) {
  if (process.env.GATEHOUSE_ELECTRON_RETRY === '1') return false
  try {
    const failure = JSON.parse(fs.readFileSync(failureFile(), 'utf8'))
    const ageMs = Date.now() - failure.atMs
    return failure.version === version && ageMs >= 0 && ageMs < FAILURE_IS_REMEMBERED_MS
  } catch {
    return false // Never failed, or the note is unreadable: try.
  }
}

function rememberFailure(version) {
  fs.mkdirSync(cacheDirectory(), { recursive: true })
  fs.writeFileSync(failureFile(), `${JSON.stringify({ version, atMs: Date.now() })}\n`)
}

/**
 * Downloads the official binary unless that failed within a day (GATEHOUSE_ELECTRON_RETRY=1 tries again).
 * Gives `{ok: true}`, or `{ok: false, reason}`; ends within four minutes.
 */
export async function downloadOfficialElectron({ log, always }) {
  const version = wantedVersion()
  if (!always && failedLately(version))
    return { ok: false, reason: 'its download failed within the last day, GATEHOUSE_ELECTRON_RETRY=1 tries again' }
  log(`Downloading Electron ${version} …`)
  const { code, timedOut, output } = await runProcess(requireNode24(), [inPackage('electron', 'install.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
  })
  if (code === 0 && findOfficialElectron() !== undefined) return { ok: true }
  rememberFailure(version)
  if (timedOut) return { ok: false, reason: `the download took longer than ${DOWNLOAD_TIMEOUT_MS / 1000} seconds` }
  return { ok: false, reason: `the download failed (${output.trim().split('\n')[0]})` }
}
