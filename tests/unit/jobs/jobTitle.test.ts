import { describe, expect, it } from 'vitest'
import { isObject, parseLosslessJson } from '../../../proxy/comfyui/losslessJson.ts'
import { titleOf } from '../../../proxy/jobs/jobTitle.ts'

function title(...inputs: object[]): string {
  const nodes = Object.fromEntries(inputs.map((own, index) => [String(index), { class_type: 'A', inputs: own }]))
  const parsed = parseLosslessJson(JSON.stringify(nodes))
  return isObject(parsed) ? titleOf(parsed) : 'no object'
}

describe('the title of a job', () => {
  it('names model and size', () => {
    const size = { width: 1024, height: 768, batch_size: 4 }
    expect(title({ ckpt_name: 'sdxl/sd_xl_base_1.0.safetensors' }, size)).toBe('sd_xl_base_1.0, 1024 × 768, 4 at once')
    expect(title({ width: 512, height: 512 })).toBe('512 × 512')
    expect(title({ text: 'a secret wish' })).toBe('')
  })

  it.each([
    ['folders', { ckpt_name: 'C:\\Users\\Anna\\models\\x.ckpt' }, 'x'],
    ['what cannot be seen', { ckpt_name: 'a\u202Ecod\u200B\n.pt' }, 'acod'],
    ['links', { ckpt_name: ['4', 0], width: ['5', 0], height: 512 }, ''],
    ['no sizes', { width: 1e300, height: -4 }, ''],
  ])('tells nothing of %s (names as a way to talk to the owner)', (_name, inputs, words) => {
    expect(title(inputs)).toBe(words)
  })

  it('stays short', () => {
    expect(title({ ckpt_name: 'x'.repeat(5000), unet_name: 'y'.repeat(5000) }).length).toBeLessThanOrEqual(122)
  })
})
