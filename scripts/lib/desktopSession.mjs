// A throw-away desktop for tests on Linux: its own X server, session bus, unlocked keychain and XDG folders.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { runProcess } from './runProcess.mjs'

const SCREEN = '-screen 0 1400x1000x24'
const UNLOCK_THEN_RUN = `
printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
exec "$@"`

/** The keychain, settings and sockets of the person who runs the tests stay untouched; the cache folder is shared on purpose. */
function isolateEnvironment(env, folder) {
  const directories = {
    XDG_DATA_HOME: path.join(folder, 'data'),
    XDG_CONFIG_HOME: path.join(folder, 'config'),
    XDG_RUNTIME_DIR: path.join(folder, 'runtime'),
  }
  for (const directory of Object.values(directories)) fs.mkdirSync(directory, { mode: 0o700 })
  const isolated = { ...env, ...directories, XDG_SESSION_TYPE: 'x11' }
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS', 'ELECTRON_RUN_AS_NODE'])
    delete isolated[name]
  return isolated
}

/** Like runProcess, inside such a desktop; elsewhere than on Linux simply runs the program. */
export async function runInDesktopSession(file, args, options = {}) {
  if (process.platform !== 'linux') return runProcess(file, args, options)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-desktop-'))
  try {
    const session = ['-a', `--server-args=${SCREEN}`, 'dbus-run-session', '--', 'sh', '-c', UNLOCK_THEN_RUN, 'sh', file]
    const env = isolateEnvironment(options.env ?? process.env, folder)
    return await runProcess('xvfb-run', [...session, ...args], { ...options, env })
  } finally {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}
