import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { autostartEntry, autostartFile, setAutostart } from '../../../electron/shell/autostart.ts'

const login = vi.hoisted(() => ({ settings: [] as unknown[] }))
vi.mock('electron', () => ({ app: { setLoginItemSettings: (settings: unknown) => login.settings.push(settings) } }))

const execOf = (file: string, ...args: string[]): string | undefined =>
  autostartEntry({ file, args })
    .split('\n')
    .find((line) => line.startsWith('Exec='))

describe('autostartEntry', () => {
  it('starts the program with its arguments', () => {
    expect(execOf('/opt/Gatehouse/gatehouse', '--hidden')).toBe('Exec="/opt/Gatehouse/gatehouse" "--hidden"')
  })

  it.each([
    ['a space', '/home/mia/My Apps/g', 'Exec="/home/mia/My Apps/g"'],
    ['a percent sign', '/a/100%', 'Exec="/a/100%%"'],
    ['a quote', '/a/"b', 'Exec="/a/\\\\"b"'],
    ['a dollar sign and a backtick', '/a/$(x)`y`', 'Exec="/a/\\\\$(x)\\\\`y\\\\`"'],
    ['a backslash', '/a/b\\c', 'Exec="/a/b\\\\\\\\c"'],
  ])('quotes %s', (_what, file, line) => {
    expect(execOf(file)).toBe(line)
  })
})

describe('autostartFile', () => {
  it('lies in XDG_CONFIG_HOME when that is an absolute path', () => {
    expect(autostartFile({ XDG_CONFIG_HOME: '/c' }, '/home/mia')).toBe('/c/autostart/gatehouse.desktop')
    expect(autostartFile({ XDG_CONFIG_HOME: 'c' }, '/home/mia')).toBe('/home/mia/.config/autostart/gatehouse.desktop')
    expect(autostartFile({}, '/home/mia')).toBe('/home/mia/.config/autostart/gatehouse.desktop')
  })
})

describe('setAutostart', () => {
  const command = { file: '/opt/Gatehouse/gatehouse', args: ['--hidden'] }

  it('writes and removes the file on Linux', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gatehouse-autostart-'))
    const linuxFile = join(directory, 'autostart', 'gatehouse.desktop')
    await setAutostart(true, { platform: 'linux', command, linuxFile })
    expect(await readFile(linuxFile, 'utf8')).toContain('Exec="/opt/Gatehouse/gatehouse" "--hidden"')
    await setAutostart(false, { platform: 'linux', command, linuxFile })
    await expect(stat(linuxFile)).rejects.toMatchObject({ code: 'ENOENT' })
    await rm(directory, { recursive: true })
  })

  it.each(['win32', 'darwin'] as const)('uses the login items of %s', async (platform) => {
    login.settings.length = 0
    await setAutostart(true, { platform, command, linuxFile: '/nowhere' })
    await setAutostart(false, { platform, command, linuxFile: '/nowhere' })
    expect(login.settings).toEqual([
      { openAtLogin: true, path: command.file, args: ['--hidden'] },
      { openAtLogin: false, path: command.file, args: ['--hidden'] },
    ])
  })
})
