import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Runs a program of the system. @returns what it printed @throws when it fails or takes longer than `timeoutMs` */
export type RunProgram = (
  file: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; timeoutMs: number },
) => Promise<string>

export interface TrayPresenceOptions {
  readonly platform: NodeJS.Platform
  readonly env: NodeJS.ProcessEnv
  readonly exists?: (file: string) => boolean
  readonly run?: RunProgram
}

const TIMEOUT_MS = 1000

/** The name and the property by which panels say that they show icons (StatusNotifierItem, freedesktop.org). */
const WATCHER = 'org.kde.StatusNotifierWatcher'

/**
 * Whether this desktop shows tray icons. Windows and macOS always do; on Linux Electron cannot tell, so the panel is
 * asked over D-Bus, and without an answer there is none: a window that is put away must not be lost.
 */
export async function hasTray(options: TrayPresenceOptions): Promise<boolean> {
  const { platform, env, exists = existsSync, run = runProgram } = options
  if (platform !== 'linux') return true
  const bus = findSessionBus(env, exists)
  if (bus === undefined) return false
  const args = [
    '--session',
    '--print-reply=literal',
    `--dest=${WATCHER}`,
    '/StatusNotifierWatcher',
    'org.freedesktop.DBus.Properties.Get',
    `string:${WATCHER}`,
    'string:IsStatusNotifierHostRegistered',
  ]
  try {
    const answer = await run('dbus-send', args, {
      env: { ...env, DBUS_SESSION_BUS_ADDRESS: bus },
      timeoutMs: TIMEOUT_MS,
    })
    return /\bboolean\s+true\b/.test(answer)
  } catch {
    // No panel of that kind, no such program, or no answer in time.
    return false
  }
}

/** Named explicitly, because D-Bus's own programs would start a bus of their own where there is none. */
function findSessionBus(env: NodeJS.ProcessEnv, exists: (file: string) => boolean): string | undefined {
  const named = env['DBUS_SESSION_BUS_ADDRESS']
  if (named !== undefined && named !== '') return named === 'disabled:' ? undefined : named
  const directory = env['XDG_RUNTIME_DIR']
  if (directory === undefined || directory === '') return undefined
  const socket = join(directory, 'bus')
  return exists(socket) ? `unix:path=${socket}` : undefined
}

const runProgram: RunProgram = (file, args, { env, timeoutMs }) =>
  new Promise((resolve, reject) => {
    execFile(file, [...args], { env, timeout: timeoutMs, windowsHide: true }, (error, output) => {
      if (error === null) resolve(output)
      else reject(new Error(`${file} failed`, { cause: error }))
    })
  })
