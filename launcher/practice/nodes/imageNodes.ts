import { imageNode, SIZE } from './imageNode.ts'
import { NodeFailure, plain } from './nodeClass.ts'
import { checkImageSize, frameToSharp, mapFrames, toRgb } from './imageBatch.ts'
import { countInput, floatInput, imageInput, maskInput } from './nodeInputs.ts'

export const emptyImage = imageNode({
  name: 'EmptyImage',
  required: {
    width: ['INT', SIZE],
    height: ['INT', SIZE],
    batch_size: ['INT', { default: 1, min: 1, max: 4096 }],
    color: ['INT', { default: 0, min: 0, max: 0xffffff, step: 1, display: 'color' }],
  },
  execute: (inputs) => {
    const width = countInput(inputs, 'width')
    const height = countInput(inputs, 'height')
    const color = countInput(inputs, 'color')
    checkImageSize(width, height)
    const frame = Buffer.alloc(width * height * 3, Buffer.from([color >> 16, (color >> 8) & 0xff, color & 0xff]))
    const frames = Array.from({ length: countInput(inputs, 'batch_size') }, () => frame)
    return Promise.resolve({ outputs: [{ kind: 'image', width, height, frames }] })
  },
})

export const imageInvert = imageNode({
  name: 'ImageInvert',
  displayName: 'Invert Image',
  required: { image: ['IMAGE'] },
  execute: async (inputs, run) => {
    const image = imageInput(inputs, 'image')
    const frames = await mapFrames(image, run, (frame) => Buffer.from(frame.map((value) => 255 - value)))
    return { outputs: [{ ...image, frames }] }
  },
})

export const imageBlur = imageNode({
  name: 'ImageBlur',
  displayName: null,
  category: 'image/postprocessing',
  module: 'comfy_extras.nodes_post_processing',
  schema: 3,
  required: {
    image: ['IMAGE', {}],
    blur_radius: ['INT', { default: 1, min: 1, max: 31, step: 1 }],
    sigma: ['FLOAT', { default: 1.0, min: 0.1, max: 10.0, step: 0.1 }],
  },
  execute: async (inputs, run) => {
    const image = imageInput(inputs, 'image')
    const kernel = toGaussian(countInput(inputs, 'blur_radius'), floatInput(inputs, 'sigma'))
    // Two passes with a line each: a square of 63 x 63 would be too slow.
    const frames = await mapFrames(image, run, async (frame) => {
      const across = frameToSharp(image, frame).convolve({
        width: kernel.length,
        height: 3,
        kernel: [...zeros(kernel), ...kernel, ...zeros(kernel)],
        scale: 1,
      })
      const half = { ...image, frames: [] }
      const once = (await toRgb(across)).data
      const column = kernel.flatMap((value) => [0, value, 0])
      return (
        await toRgb(frameToSharp(half, once).convolve({ width: 3, height: kernel.length, kernel: column, scale: 1 }))
      ).data
    })
    return { outputs: [{ ...image, frames }] }
  },
})

export const repeatImageBatch = imageNode({
  name: 'RepeatImageBatch',
  category: 'image/batch',
  module: 'comfy_extras.nodes_images',
  required: { image: ['IMAGE'], amount: ['INT', { default: 1, min: 1, max: 4096 }] },
  execute: (inputs) => {
    const image = imageInput(inputs, 'image')
    const amount = countInput(inputs, 'amount')
    if (amount * image.frames.length > 65536)
      throw new NodeFailure('RuntimeError', 'The practice engine has no memory for such a batch.')
    const frames = Array.from({ length: amount }, () => image.frames).flat()
    return Promise.resolve({ outputs: [{ ...image, frames }] })
  },
})

export const imageFromBatch = imageNode({
  name: 'ImageFromBatch',
  category: 'image/batch',
  module: 'comfy_extras.nodes_images',
  required: {
    image: ['IMAGE'],
    batch_index: ['INT', { default: 0, min: 0, max: 4095 }],
    length: ['INT', { default: 1, min: 1, max: 4096 }],
  },
  execute: (inputs) => {
    const image = imageInput(inputs, 'image')
    const first = Math.min(image.frames.length - 1, countInput(inputs, 'batch_index'))
    const frames = image.frames.slice(first, first + countInput(inputs, 'length'))
    return Promise.resolve({ outputs: [{ ...image, frames }] })
  },
})

export const imageBatch = imageNode({
  name: 'ImageBatch',
  displayName: 'Batch Images',
  required: { image1: ['IMAGE'], image2: ['IMAGE'] },
  execute: async (inputs, run) => {
    const first = imageInput(inputs, 'image1')
    const second = imageInput(inputs, 'image2')
    const { width, height } = first
    if (first.frames.length + second.frames.length > 65536)
      throw new NodeFailure('RuntimeError', 'The practice engine has no memory for such a batch.')
    const same = second.width === width && second.height === height
    const added = same
      ? second.frames
      : await mapFrames(
          second,
          run,
          async (frame) => (await toRgb(frameToSharp(second, frame).resize(width, height, { fit: 'cover' }))).data,
        )
    return { outputs: [{ ...first, frames: [...first.frames, ...added] }] }
  },
})

export const getImageSize = imageNode({
  name: 'GetImageSize',
  displayName: 'Get Image Size',
  module: 'comfy_extras.nodes_images',
  description: 'Gives the width, the height and the number of the images.',
  outputs: [
    { type: 'INT', name: 'width' },
    { type: 'INT', name: 'height' },
    { type: 'INT', name: 'batch_size' },
  ],
  required: { image: ['IMAGE'] },
  hidden: { unique_id: 'UNIQUE_ID' },
  execute: (inputs, run) => {
    const { width, height, frames } = imageInput(inputs, 'image')
    run.showText(`width: ${width}, height: ${height}\n batch size: ${frames.length}`)
    return Promise.resolve({ outputs: [width, height, frames.length].map((value) => plain(BigInt(value))) })
  },
})

export const maskToImage = imageNode({
  name: 'MaskToImage',
  displayName: 'Convert Mask to Image',
  category: 'mask',
  module: 'comfy_extras.nodes_mask',
  required: { mask: ['MASK'] },
  execute: (inputs) => {
    const { width, height, frames } = maskInput(inputs, 'mask')
    const images = frames.map((frame) => {
      const rgb = Buffer.alloc(frame.length * 3)
      for (const [index, value] of frame.entries()) rgb.fill(value, index * 3, index * 3 + 3)
      return rgb
    })
    return Promise.resolve({ outputs: [{ kind: 'image', width, height, frames: images }] })
  },
})

function toGaussian(radius: number, sigma: number): number[] {
  const weights = Array.from({ length: radius * 2 + 1 }, (_, index) =>
    Math.exp(-((index - radius) ** 2) / (2 * sigma ** 2)),
  )
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

function zeros(kernel: readonly number[]): number[] {
  return kernel.map(() => 0)
}
