import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { createMendScript } from '../../proxy/network/firewall/windows.ts'
import { DesktopRefused } from '../ipc/mainIpc.ts'

const DEADLINE_MS = 120_000

/** The system's own pages, by fixed addresses: none comes from the page. */
export function findFirewallSettings(platform: NodeJS.Platform): string {
  if (platform === 'win32') return 'ms-settings:network-status'
  if (platform === 'darwin') return 'x-apple.systempreferences:com.apple.preference.security?Firewall'
  throw new DesktopRefused('This system has no page for it that Gatehouse knows.')
}

/**
 * Asks Windows for an administrator and lets this program in from private networks.
 * @throws DesktopRefused on other systems, or when nobody agreed
 */
export async function mendFirewall(platform: NodeJS.Platform, program: string): Promise<void> {
  if (platform !== 'win32') throw new DesktopRefused('Type the command into a terminal: this system asks there.')
  const elevated = encode(createMendScript(program))
  const outer = `$p = Start-Process -FilePath $PSHOME\\powershell.exe -Verb RunAs -WindowStyle Hidden -Wait -PassThru -ArgumentList '-NoProfile','-EncodedCommand','${elevated}'; exit $p.ExitCode`
  const powerShell = join(
    process.env['SystemRoot'] ?? 'C:\\Windows',
    'System32',
    'WindowsPowerShell',
    'v1.0',
    'powershell.exe',
  )
  await new Promise<void>((resolve, reject) => {
    const args = ['-NoProfile', '-NonInteractive', '-EncodedCommand', encode(outer)]
    execFile(powerShell, args, { timeout: DEADLINE_MS, windowsHide: true }, (error) => {
      if (error === null) resolve()
      else reject(new DesktopRefused('Nothing was changed: Windows was not told that this is all right.'))
    })
  })
}

const encode = (script: string): string => Buffer.from(script, 'utf16le').toString('base64')
