import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Finding } from './finding.ts'

/** What the window's program opens only while it runs, so that no linker names it, and the Debian package that brings it. */
export const librariesOpenedLater = [
  { file: 'libX11-xcb.so.1', package: 'libx11-xcb1', needed: true, without: '' },
  { file: 'libnotify.so.4', package: 'libnotify4', needed: false, without: 'there are no notifications' },
  { file: 'libGL.so.1', package: 'libgl1', needed: false, without: 'the window is drawn without the graphics card' },
] as const

/** What the checks ask the system; undefined where it does not answer. */
export interface RuntimeSystem {
  /** The program of the window, or undefined when none is here yet. */
  readonly executable: string | undefined
  readonly isRoot: boolean
  /** Output of `ldd` for the program. */
  listLinked(executable: string): Promise<string | undefined>
  /** Output of `ldconfig -p`. */
  listInstalled(): Promise<string | undefined>
  /** Ubuntu 24.04 and later: AppArmor keeps programs outside the system folders from making a sandbox by themselves. */
  restrictsSandbox(): boolean
  /** Whether Chromium's set-user-id helper beside the program is in order, which is the other way to a sandbox. */
  hasSandboxHelper(executable: string): boolean
}

const check = 'window'

/** Whether the window could open on this Linux computer: libraries and sandbox. Says what mends it. */
export async function checkDesktopRuntime(system: RuntimeSystem): Promise<Finding[]> {
  const { executable } = system
  if (executable === undefined) {
    return [
      { check, verdict: 'note', words: 'The window’s program is not here yet: the first "npm start" fetches it.' },
    ]
  }
  return [await checkLibraries(system, executable), ...checkSandbox(system, executable)]
}

async function checkLibraries(system: RuntimeSystem, executable: string): Promise<Finding> {
  const linked = await system.listLinked(executable)
  const installed = await system.listInstalled()
  if (linked === undefined || installed === undefined) {
    return { check, verdict: 'note', words: `Whether all libraries of ${executable} are here could not be found out.` }
  }
  const absent = librariesOpenedLater.filter(({ file }) => !installed.includes(`\t${file} `))
  const unlinked = [...linked.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? '')
  const missing = [...new Set([...unlinked, ...absent.filter(({ needed }) => needed).map(({ file }) => file)])]
  if (missing.length > 0) {
    const packages = absent.filter(({ needed }) => needed).map((library) => library.package)
    const mend = packages.length > 0 ? ` (Debian, Ubuntu: sudo apt-get install ${packages.join(' ')})` : ''
    const words = `The window cannot open: ${missing.join(', ')} is missing. "npm start" installs or names what it needs${mend}.`
    return { check, verdict: 'bad', words }
  }
  const [wish] = absent
  if (wish !== undefined) {
    const words = `The window can open; without ${wish.file} ${wish.without} (Debian, Ubuntu: package ${wish.package}).`
    return { check, verdict: 'note', words }
  }
  return { check, verdict: 'good', words: 'All libraries that the window needs are here.' }
}

function checkSandbox(system: RuntimeSystem, executable: string): Finding[] {
  if (system.isRoot) {
    const words =
      'You are root: the window opens only with --no-sandbox ("npm start" adds it). Use an ordinary account for daily work.'
    return [{ check: 'sandbox', verdict: 'note', words }]
  }
  if (!system.restrictsSandbox() || system.hasSandboxHelper(executable)) return []
  const helper = join(dirname(executable), 'chrome-sandbox')
  const words = `This system lets the window use its sandbox only after: sudo chown root '${helper}' && sudo chmod 4755 '${helper}'`
  return [{ check: 'sandbox', verdict: 'bad', words }]
}

function run(file: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    // A program that lacks a library makes ldd fail in some systems; what it printed counts all the same.
    execFile(file, args, { timeout: 10_000, env: { ...process.env, LC_ALL: 'C' } }, (_error, stdout) =>
      resolve(stdout === '' ? undefined : stdout),
    )
  })
}

/** Of a set-up kernel parameter: whether it says 1. */
function isSet(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').trim() === '1'
  } catch {
    return false // This kernel knows no such restriction.
  }
}

/** This computer. In the installed app the window's program is the one that runs this; in a checkout the starter names it. */
export function thisSystem(environment: Readonly<Record<string, string | undefined>>): RuntimeSystem {
  const named = environment['GATEHOUSE_ELECTRON']
  const executable = Object.hasOwn(process.versions, 'electron') ? process.execPath : named
  return {
    executable: executable === '' ? undefined : executable,
    isRoot: process.getuid?.() === 0,
    listLinked: (program) => run('ldd', [program]),
    listInstalled: () => run('/sbin/ldconfig', ['-p']),
    restrictsSandbox: () => isSet('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'),
    hasSandboxHelper: (program) => {
      const helper = statSync(join(dirname(program), 'chrome-sandbox'), { throwIfNoEntry: false })
      return helper !== undefined && helper.uid === 0 && (helper.mode & 0o4000) !== 0
    },
  }
}
