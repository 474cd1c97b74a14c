import { nativeTheme } from 'electron'
import type { GatehouseService } from '../service/serviceTypes.ts'
import { setAutostart } from './shell/autostart.ts'
import type { StartCommand } from './shell/autostart.ts'

/** Follows the settings that the system has to know of: appearance, and starting at login. Returns how to stop. */
export function followWindowSettings(
  settings: GatehouseService['settings'],
  options: {
    platform: NodeJS.Platform
    startCommand: StartCommand
    autostartFile: string
    onError: (error: unknown) => void
  },
): () => void {
  const write = (on: boolean): void => {
    const { platform, startCommand, autostartFile } = options
    setAutostart(on, { platform, command: startCommand, linuxFile: autostartFile }).catch(options.onError)
  }
  let startsAtLogin = settings.get('window.startAtLogin')
  // The program may lie elsewhere since it was last written: an update, a moved AppImage.
  if (startsAtLogin) write(true)
  nativeTheme.themeSource = settings.get('window.appearance')
  return settings.onChange(() => {
    nativeTheme.themeSource = settings.get('window.appearance')
    const wanted = settings.get('window.startAtLogin')
    if (wanted !== startsAtLogin) write(wanted)
    startsAtLogin = wanted
  })
}
