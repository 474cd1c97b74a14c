import { describe, expect, it } from 'vitest'
import { settingDefinitions } from '../../../proxy/contract/settings.ts'
import type { Settings } from '../../../proxy/contract/settings.ts'
import { describeSettingChanges } from '../../../proxy/settings/settingChanges.ts'

// Each default is the one of its own name.
const defaults = Object.fromEntries(
  Object.entries(settingDefinitions).map(([name, { default: value }]) => [name, value]),
) as Settings

describe('what the log says of changed settings', () => {
  it('names those that changed, with the value before and after', () => {
    expect(describeSettingChanges(defaults, { ...defaults, 'limits.promptNodes': 5, 'sharing.on': false })).toEqual({
      names: ['limits.promptNodes'],
      changes: ['limits.promptNodes: 2000 → 5'],
    })
  })

  it('tells no path, no program and no argument of this computer', () => {
    const after = {
      ...defaults,
      'comfyui.directory': '/home/mia/x',
      'comfyui.arguments': ['--key', 's'],
      'window.keepInTray': false,
    }
    expect(describeSettingChanges(defaults, after)).toEqual({
      names: ['comfyui.directory', 'comfyui.arguments', 'window.keepInTray'],
      changes: ['comfyui.directory', 'comfyui.arguments', 'window.keepInTray: true → false'],
    })
  })

  it('keeps a long value short', () => {
    const after = { ...defaults, 'sharing.hostNames': Array.from({ length: 32 }, (_, at) => `host-${at}.example`) }
    expect(String(describeSettingChanges(defaults, after)['changes']).length).toBeLessThan(200)
  })
})
