import { nativeTheme } from 'electron'
import { describe, expect, it, vi } from 'vitest'
import { followWindowSettings } from '../../../electron/windowSettings.ts'

const system = vi.hoisted(() => ({ logins: [] as unknown[], theme: { themeSource: 'system' } }))
vi.mock('electron', () => ({
  app: { setLoginItemSettings: (settings: unknown) => system.logins.push(settings) },
  nativeTheme: system.theme,
}))

function openSettings(values: Record<string, unknown>) {
  const listeners = new Set<() => void>()
  const settings: any = {
    get: (name: string) => values[name],
    onChange: (listener: () => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const change = (name: string, value: unknown): void => {
    values[name] = value
    for (const listener of listeners) listener()
  }
  return { settings, change }
}

const options = {
  platform: 'darwin' as const,
  startCommand: { file: '/app', args: [] },
  autostartFile: '/nowhere',
  onError: (error: unknown) => {
    throw error
  },
}

describe('the settings that the system has to know of', () => {
  it('dress native menus, frames and dialogs as the pages, at the start and at each change', () => {
    const { settings, change } = openSettings({ 'window.appearance': 'dark', 'window.startAtLogin': false })
    const stop = followWindowSettings(settings, options)
    expect(nativeTheme.themeSource).toBe('dark')

    change('window.appearance', 'light')
    expect(nativeTheme.themeSource).toBe('light')

    stop()
    change('window.appearance', 'system')
    expect(nativeTheme.themeSource).toBe('light')
  })

  it('start Gatehouse at login only after it was asked for', () => {
    const { settings, change } = openSettings({ 'window.appearance': 'system', 'window.startAtLogin': false })
    followWindowSettings(settings, options)
    expect(system.logins).toEqual([])

    change('window.startAtLogin', true)
    change('window.appearance', 'dark')

    expect(system.logins).toEqual([{ openAtLogin: true, path: '/app', args: [] }])
  })
})
