// npm start [-- arguments of the app]: builds what changed and opens the app; without a display it serves without a window.

import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { repositoryRoot, requireDependencies, requireNode24 } from './lib/requireNode.mjs'
import { buildProduct } from './lib/buildProduct.mjs'
import { endWithNpm } from './lib/npmWatch.mjs'
import { runDesktop } from './lib/runDesktop.mjs'
import { runProcess } from './lib/runProcess.mjs'
import { ensureSystemPackages, systemPackages } from './lib/systemPackages.mjs'
import { resolveElectron } from './electron-runtime/electronRuntime.mjs'

const log = (line) => console.error(line)

/** Electron without a display runs the app's main script and dies afterwards: look first. */
function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}

/**
 * Ubuntu 24.04 and later forbid Chromium's sandbox to programs outside the system folders, and Electron then dies with a trap.
 * Its own set-user-id helper is the other way that keeps the sandbox.
 */
function explainForbiddenSandbox({ distDirectory, args }) {
  if (process.platform !== 'linux' || args.includes('--no-sandbox')) return undefined
  const restriction = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns'
  if (!fs.existsSync(restriction) || fs.readFileSync(restriction, 'utf8').trim() !== '1') return undefined
  const helper = path.join(distDirectory, 'chrome-sandbox')
  const { uid, mode } = fs.statSync(helper)
  if (uid === 0 && (mode & 0o4000) !== 0) return undefined
  return `This system lets Electron use its sandbox only after:  sudo chown root ${helper} && sudo chmod 4755 ${helper}`
}

/** What `serve` runs: as the arguments say, or what was chosen once in this data folder, or else the practice engine. */
async function engineArguments(cli, args) {
  const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  if (ours.some((arg) => /^--(practice|comfyui)(=|$)/.test(arg))) return []
  const at = ours.findIndex((arg) => /^--data-dir(=|$)/.test(arg))
  const folder = at < 0 ? [] : ours.slice(at, ours[at] === '--data-dir' ? at + 2 : at + 1)
  const question = [cli, '--json', 'settings', 'get', 'comfyui.engine', ...folder]
  const { output } = await runProcess(requireNode24(), question, { stdio: ['ignore', 'pipe', 'pipe'] })
  const isFirstStart = output.includes('"code":"NOT_FOUND"')
  if (!isFirstStart && output.trim() !== '"none"') return []
  log('No ComfyUI was chosen yet, so the practice engine runs. With your own:  npm start -- --comfyui DIR')
  return ['--practice']
}

async function serveWithoutWindow(args) {
  log('There is no display here (DISPLAY and WAYLAND_DISPLAY are empty): serving without a window. Stop with Ctrl-C.')
  const cli = path.join(repositoryRoot, 'dist', 'cli.cjs')
  const serve = ['--enable-source-maps', cli, 'serve', ...(await engineArguments(cli, args)), ...args]
  return (await runProcess(requireNode24(), serve)).code
}

async function openWindow(args) {
  if (!(await ensureSystemPackages(systemPackages.electron, log))) return 1
  const electron = await resolveElectron({ log })
  const obstacle = explainForbiddenSandbox(electron)
  if (obstacle !== undefined) {
    log(obstacle)
    return 1
  }
  const env = { ...process.env }
  delete env.ELECTRON_RUN_AS_NODE // Set by some editors' terminals: Electron would start as plain Node.
  return runDesktop(electron, [...electron.args, repositoryRoot, ...args], { env, log })
}

async function start() {
  endWithNpm()
  requireDependencies()
  const args = process.argv.slice(2)
  await buildProduct({ log })
  return hasDisplay() ? openWindow(args) : serveWithoutWindow(args)
}

try {
  process.exitCode = await start()
} catch (error) {
  log(error.message)
  process.exitCode = 1
}
