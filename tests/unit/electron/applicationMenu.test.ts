import { describe, expect, it, vi } from 'vitest'
import { applicationMenu } from '../../../electron/shell/applicationMenu.ts'

vi.mock('electron', () => ({}))

const ids = (platform: NodeJS.Platform): string => JSON.stringify(applicationMenu(platform, actions))
const actions = { onShow: () => undefined, onQuit: () => undefined }

describe('applicationMenu', () => {
  it.each(['linux', 'win32'] as const)('lets one quit and come back by keys on %s, without a tray', (platform) => {
    expect(ids(platform)).toContain('"label":"Quit Gatehouse","accelerator":"CommandOrControl+Q"')
    expect(ids(platform)).toContain('"label":"Show Gatehouse","accelerator":"CommandOrControl+Shift+G"')
  })

  it('leaves quitting to the system’s own menu on macOS', () => {
    expect(ids('darwin')).toContain('"role":"appMenu"')
    expect(ids('darwin')).not.toContain('Quit Gatehouse')
    expect(ids('darwin')).toContain('Show Gatehouse')
  })
})
