import type { Prompt } from './engineClient.ts'
import { usesRealComfyui } from './engineUnderTest.ts'

/** A picture in a second or two, with steps on the way where the engine has nodes for it. */
export function quickPrompt(prefix: string, seed = Math.floor(Math.random() * 2 ** 31)): Prompt {
  const save = { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: prefix } }
  const color = seed % 0xffffff
  return usesRealComfyui
    ? { '1': { class_type: 'EmptyImage', inputs: { width: 64, height: 48, batch_size: 1, color } }, '2': save }
    : { '1': sampler(seed, { width: 64, height: 48, steps: 6, perStepMs: 100 }), '2': save }
}

/** Runs far longer than a test waits; ComfyUI looks for an interruption between nodes. */
export function slowPrompt(prefix: string, seed = Math.floor(Math.random() * 2 ** 31)): Prompt {
  const save = (from: string) => ({ class_type: 'SaveImage', inputs: { images: [from, 0], filename_prefix: prefix } })
  if (!usesRealComfyui)
    return { '1': sampler(seed, { width: 128, height: 128, steps: 200, perStepMs: 400 }), '2': save('1') }
  const blurs = Array.from({ length: 60 }, (_unused, index): [string, Prompt[string]] => [
    String(index + 2),
    { class_type: 'ImageBlur', inputs: { image: [String(index + 1), 0], blur_radius: 31, sigma: 10 } },
  ])
  const color = seed % 0xffffff
  return {
    '1': { class_type: 'EmptyImage', inputs: { width: 640, height: 640, batch_size: 1, color } },
    ...Object.fromEntries(blurs),
    '99': save('61'),
  }
}

function sampler(
  seed: number,
  how: { width: number; height: number; steps: number; perStepMs: number },
): Prompt[string] {
  const { width, height, steps, perStepMs } = how
  const inputs = { text: 'a lake', seed, steps, width, height, batch_size: 1, milliseconds_per_step: perStepMs }
  return { class_type: 'PracticeSampler', inputs }
}
