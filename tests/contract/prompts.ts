import type { Prompt } from '../support/engineClient.ts'

let count = 0

/** A number that no other prompt of this run had, so that nothing comes out of the engine's cache by accident. */
export function nextUnique(): number {
  return ++count + Math.floor(Math.random() * 0xfff) * 0x1000
}

/** EmptyImage → SaveImage, node 1 and node 2. */
export function savePrompt(
  options: { width?: number; height?: number; batch?: number; color?: number; prefix?: string } = {},
): Prompt {
  const { width = 16, height = 16, batch = 1, color = nextUnique(), prefix = `contract_${nextUnique()}` } = options
  return {
    '1': { class_type: 'EmptyImage', inputs: { width, height, batch_size: batch, color } },
    '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: prefix } },
  }
}

/** Shows one value as text: node 9 ends with `{text: [...]}`. */
export function showPrompt(nodes: Prompt, source: [string, number]): Prompt {
  return { ...nodes, '9': { class_type: 'PreviewAny', inputs: { source } } }
}

/** Takes long enough to be caught while it runs, and can be interrupted between its nodes. */
export function slowPrompt(blurs = 40): Prompt {
  const prompt: Prompt = {
    '1': { class_type: 'EmptyImage', inputs: { width: 640, height: 640, batch_size: 1, color: nextUnique() } },
  }
  for (let index = 2; index < blurs + 2; index++) {
    const inputs = { image: [String(index - 1), 0], blur_radius: 31, sigma: 10 }
    prompt[String(index)] = { class_type: 'ImageBlur', inputs }
  }
  prompt['99'] = { class_type: 'PreviewImage', inputs: { images: [String(blurs + 1), 0] } }
  return prompt
}

/** A PNG of 2 x 2 pixels: red, green / blue, half transparent white. */
export async function makePng(seed = 0): Promise<Buffer> {
  const { default: sharp } = await import('sharp')
  const pixels = Buffer.from([255, 0, seed & 0xff, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 128])
  return sharp(pixels, { raw: { width: 2, height: 2, channels: 4 } })
    .png()
    .toBuffer()
}
