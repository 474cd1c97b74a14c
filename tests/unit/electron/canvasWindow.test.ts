import { describe, expect, it, vi } from 'vitest'
import { downloadName } from '../../../electron/shell/canvasWindow.ts'

vi.mock('electron', () => ({}))

describe('downloadName', () => {
  it.each([
    ['ComfyUI_00001_.png', 'ComfyUI_00001_.png'],
    ['../../.ssh/authorized_keys', 'authorized_keys'],
    ['..\\..\\Startup\\run.bat', 'run.bat'],
    ['.bashrc', 'bashrc'],
    ['a\u0000b?.png', 'a_b_.png'],
    ['', 'download'],
    ['..', 'download'],
  ])('%j → %s', (offered, name) => {
    expect(downloadName(offered)).toBe(name)
  })
})
