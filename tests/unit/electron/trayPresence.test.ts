import { describe, expect, it } from 'vitest'
import { hasTray } from '../../../electron/shell/trayPresence.ts'
import type { RunProgram } from '../../../electron/shell/trayPresence.ts'

const bus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' }

function panel(answer: string | Error) {
  const asked: { file: string; bus: string | undefined }[] = []
  const run: RunProgram = (file, _args, { env }) => {
    asked.push({ file, bus: env['DBUS_SESSION_BUS_ADDRESS'] })
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  return { asked, run }
}

describe('hasTray', () => {
  it.each(['win32', 'darwin'] as const)('is sure on %s', async (platform) => {
    const { run, asked } = panel(new Error('not asked'))
    expect(await hasTray({ platform, env: {}, run })).toBe(true)
    expect(asked).toEqual([])
  })

  it.each([
    ['   variant       boolean true\n', true],
    ['   variant       boolean false\n', false],
    ['', false],
    [new Error('The name org.kde.StatusNotifierWatcher was not provided by any .service files'), false],
  ])('on Linux believes what the panel says: %j is %s', async (answer, expected) => {
    expect(await hasTray({ platform: 'linux', env: bus, run: panel(answer).run })).toBe(expected)
  })

  it('finds the bus of the session by its socket, and asks nobody where there is none', async () => {
    const { run, asked } = panel('variant boolean true')
    const env = { XDG_RUNTIME_DIR: '/run/user/7' }
    expect(await hasTray({ platform: 'linux', env, run, exists: (file) => file === '/run/user/7/bus' })).toBe(true)
    expect(asked).toEqual([{ file: 'dbus-send', bus: 'unix:path=/run/user/7/bus' }])
    expect(await hasTray({ platform: 'linux', env, run, exists: () => false })).toBe(false)
    expect(await hasTray({ platform: 'linux', env: { DBUS_SESSION_BUS_ADDRESS: 'disabled:' }, run })).toBe(false)
    expect(await hasTray({ platform: 'linux', env: {}, run })).toBe(false)
    expect(asked).toHaveLength(1)
  })
})
