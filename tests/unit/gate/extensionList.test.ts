import { describe, expect, it } from 'vitest'
import { CANVAS_SCRIPT, editExtensionList } from '../../../proxy/comfyui/extensionList.ts'

const edit = (value: unknown, withManager = false): unknown =>
  JSON.parse(editExtensionList(Buffer.from(JSON.stringify(value)), { withManager }).toString())

describe('the list of extensions', () => {
  it('begins with the script of the gate and keeps what the engine lists', () => {
    const engine = ['/extensions/core/maskeditor.js', '/extensions/pack/a.js']

    expect(edit(engine)).toEqual([CANVAS_SCRIPT, ...engine])
  })

  it('names nothing of the gate that the engine or a pack puts there', () => {
    expect(edit([CANVAS_SCRIPT, '/gatehouse/assets/owner.js', '/extensions/gatehouse/gatehouse.js'])).toEqual([
      CANVAS_SCRIPT,
      '/extensions/gatehouse/gatehouse.js',
    ])
  })

  it.each([
    '/extensions/ComfyUI-Manager/comfyui-manager.js',
    '/extensions/comfyui-manager/cm-api.js',
    '/extensions/comfyui_manager/common.js',
    '/extensions/ComfyUI-Manager-main/snapshot.js',
    '/extensions/comfyui-manager-legacy/comfyui-manager.js',
  ])('leaves out %s for whom the Manager is closed', (script) => {
    expect(edit([script])).toEqual([CANVAS_SCRIPT])
    expect(edit([script], true)).toEqual([CANVAS_SCRIPT, script])
  })

  it.each(['/extensions/comfyui-manager-locale/words.js', '/extensions/my-manager/a.js'])(
    'keeps %s, which is another pack',
    (script) => {
      expect(edit([script])).toEqual([CANVAS_SCRIPT, script])
    },
  )

  it.each(['', 'not JSON', '{"a":1}', '[1,2]', '["/a.js",{}]', 'null'])('leaves %j as it is', (text) => {
    expect(editExtensionList(Buffer.from(text), { withManager: true }).toString()).toBe(text)
  })
})
