import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { app } from 'electron'

/** How the system starts Gatehouse. */
export interface StartCommand {
  readonly file: string
  readonly args: readonly string[]
}

/** One argument of an Exec line, quoted as the Desktop Entry Specification (1.5, "The Exec key") asks. */
function quoteExec(argument: string): string {
  const escaped = argument.replaceAll(/["`$\\]/g, (character) => `\\${character}`).replaceAll('%', '%%')
  // The value of the key is unescaped once more as a string, so every backslash is written twice.
  return `"${escaped.replaceAll('\\', '\\\\')}"`
}

/** The .desktop file that starts Gatehouse, without a window, when the owner signs in to this computer. */
export function autostartEntry(command: StartCommand): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Gatehouse',
    'Comment=Runs ComfyUI and lets the people you invited use it',
    `Exec=${[command.file, ...command.args].map(quoteExec).join(' ')}`,
    'Icon=gatehouse',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n')
}

/** `$XDG_CONFIG_HOME/autostart/gatehouse.desktop`, or below ~/.config. */
export function autostartFile(environment: Readonly<Record<string, string | undefined>>, home: string): string {
  const configured = environment['XDG_CONFIG_HOME']
  const base = configured?.startsWith('/') === true ? configured : join(home, '.config')
  return join(base, 'autostart', 'gatehouse.desktop')
}

/** Makes Gatehouse start, or not start, when the owner signs in to this computer. */
export async function setAutostart(
  on: boolean,
  options: { platform: NodeJS.Platform; command: StartCommand; linuxFile: string },
): Promise<void> {
  if (options.platform === 'win32' || options.platform === 'darwin') {
    app.setLoginItemSettings({ openAtLogin: on, path: options.command.file, args: [...options.command.args] })
    return
  }
  if (!on) {
    await rm(options.linuxFile, { force: true })
    return
  }
  await mkdir(dirname(options.linuxFile), { recursive: true })
  await writeFile(options.linuxFile, autostartEntry(options.command), { mode: 0o644 })
}
