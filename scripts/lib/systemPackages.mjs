// What a Debian or Ubuntu must have besides Node. Other systems are left alone.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import process from 'node:process'
import { runProcess } from './runProcess.mjs'

/** What Electron links against, and libX11-xcb, which it opens only while it starts. */
const ELECTRON = [
  ['libgtk-3-0', 'libgtk-3-0t64'],
  ['libnss3'],
  ['libasound2', 'libasound2t64'],
  ['libgbm1'],
  ['libatk-bridge2.0-0', 'libatk-bridge2.0-0t64'],
  ['libsecret-1-0'],
  ['libx11-xcb1'],
]
const PROGRESS_INTERVAL_MS = 10_000
const FALLBACK_RUNTIME = [['python3'], ['python3-pip']]
const TESTS = [
  ...ELECTRON,
  ['xvfb'],
  ['xauth'],
  ['curl'],
  ['dbus'],
  ['gnome-keyring'],
  ['libnss3-tools'],
  ['chromium', 'chromium-browser'],
  ['python3'],
  ['python3-venv'],
  ['python3-pip'],
]

/** Each entry lists the names one package has in different releases. */
export const systemPackages = { electron: ELECTRON, fallbackRuntime: FALLBACK_RUNTIME, tests: TESTS }

function isDebian() {
  return process.platform === 'linux' && fs.existsSync('/usr/bin/dpkg-query') && fs.existsSync('/usr/bin/apt-get')
}

function listInstalled(names) {
  // Exit code 1 only says that some name is unknown; the known ones are printed all the same.
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\\n', ...names], {
    encoding: 'utf8',
  })
  const lines = stdout.split('\n').filter((line) => line.startsWith('installed '))
  return new Set(lines.map((line) => line.slice('installed '.length)))
}

function findMissing(wanted) {
  const installed = listInstalled(wanted.flat())
  return wanted.filter((names) => !names.some((name) => installed.has(name)))
}

/** The name that this release can install; a renamed library (…t64) exists under its old name only as a virtual package. */
function chooseName(names) {
  const hasCandidate = (name) =>
    /Candidate: (?!\(none\))/.test(spawnSync('apt-cache', ['policy', name], { encoding: 'utf8' }).stdout)
  return names.find(hasCandidate) ?? names[0]
}

async function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { code, output } = await runProcess('apt-get', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  return { ok: code === 0, output }
}

/**
 * Makes sure the packages are there: installs them as root, otherwise says which one command does it.
 * Gives false when something is still missing. GATEHOUSE_SKIP_SYSTEM_PACKAGES=1 skips the check (own builds of the libraries).
 */
export async function ensureSystemPackages(wanted, log) {
  if (!isDebian() || process.env.GATEHOUSE_SKIP_SYSTEM_PACKAGES === '1') return true
  const missing = findMissing(wanted)
  if (missing.length === 0) return true
  const isRoot = process.getuid() === 0
  if (isRoot) await apt(['update', '-q'])
  const names = missing.map(chooseName)
  const install = ['install', '-y', '--no-install-recommends', ...names]
  if (!isRoot) {
    log(`These system packages are missing: ${names.join(' ')}`)
    log(`Install them with:  sudo apt-get ${install.join(' ')}`)
    return false
  }
  log(`Installing system packages: ${names.join(' ')} (a minute or two) …`)
  const startMs = Date.now()
  const progress = setInterval(
    () => log(`  still installing, ${Math.round((Date.now() - startMs) / 1000)} s`),
    PROGRESS_INTERVAL_MS,
  )
  const { ok, output } = await apt(install).finally(() => clearInterval(progress))
  if (ok) return true
  log(output.trim().split('\n').slice(-5).join('\n'))
  log(`System packages could not be installed. Try:  apt-get ${install.join(' ')}`)
  return false
}
