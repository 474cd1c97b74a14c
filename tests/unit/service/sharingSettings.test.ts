import { describe, expect, it } from 'vitest'
import { FakeSettings } from '../../support/gateFixture.ts'
import { SharingSettings } from '../../../service/sharingSettings.ts'
import type { StoredSettings } from '../../../service/sharingSettings.ts'
import type { SettingName } from '../../../proxy/contract/settings.ts'

function setUp(run?: { shareOn: readonly string[]; publicPort?: number }) {
  const fake = new FakeSettings()
  let tell: (names: readonly SettingName[]) => void = () => undefined
  const stored: StoredSettings = {
    get: (name) => fake.get(name),
    set: (name, value) => {
      fake.set(name, value)
      tell([name])
      return Promise.resolve()
    },
    onChange: (listener) => {
      tell = listener
      return () => undefined
    },
  }
  const settings = new SharingSettings(stored, run)
  const told: string[][] = []
  settings.onChange((names) => told.push([...names]))
  return { stored, settings, told }
}

describe('settings of sharing', () => {
  it('are the stored ones in the app, and the switch is stored', async () => {
    const { stored, settings } = setUp()
    await stored.set('sharing.port', 8300)
    await settings.setOn(true)
    expect(settings.port()).toBe(8300)
    expect(stored.get('sharing.on')).toBe(true)
  })

  it('are those of the command line without a window, and nothing of it is stored', async () => {
    const { stored, settings } = setUp({ shareOn: ['192.168.1.20'], publicPort: 8400 })
    expect([settings.isOn(), settings.port(), settings.addresses()]).toEqual([true, 8400, ['192.168.1.20']])
    await settings.setOn(false)
    expect(settings.isOn()).toBe(false)
    expect([stored.get('sharing.on'), stored.get('sharing.port')]).toEqual([false, 8190])
  })

  it('start off without --host, whatever was stored', async () => {
    const { stored } = setUp()
    await stored.set('sharing.on', true)
    expect(new SharingSettings(stored, { shareOn: [] }).isOn()).toBe(false)
  })

  it('take every home address for a wildcard', () => {
    expect(setUp({ shareOn: ['0.0.0.0'] }).settings.addresses()).toEqual([])
  })

  it.each([
    ['sharing.on', false, (settings: SharingSettings) => settings.isOn()],
    ['sharing.port', 8500, (settings: SharingSettings) => settings.port()],
    ['sharing.addresses', ['192.168.1.30'], (settings: SharingSettings) => settings.addresses()],
  ] as const)('follow %s when it is written while serve runs', async (name, value, read) => {
    const { stored, settings, told } = setUp({ shareOn: ['192.168.1.20'], publicPort: 8400 })
    await stored.set(name, value as never)
    expect(read(settings)).toEqual(value)
    expect(told).toEqual([[name]])
  })

  it('are silent about settings of others', async () => {
    const { stored, told } = setUp()
    await stored.set('limits.promptNodes', 7)
    expect(told).toEqual([])
  })
})
