import { checkImageSize, frameToSharp, mapFrames, toRgb } from './imageBatch.ts'
import { imageNode, MAX_RESOLUTION, SIZE } from './imageNode.ts'
import type { NodeInputs, NodeResult, NodeRun } from './nodeClass.ts'
import { countInput, floatInput, imageInput, textInput } from './nodeInputs.ts'

const METHODS = ['nearest-exact', 'bilinear', 'area', 'bicubic', 'lanczos']

export const imageScale = imageNode({
  name: 'ImageScale',
  displayName: 'Upscale Image',
  category: 'image/upscaling',
  required: {
    image: ['IMAGE'],
    upscale_method: [METHODS],
    width: ['INT', { default: 512, min: 0, max: MAX_RESOLUTION, step: 1 }],
    height: ['INT', { default: 512, min: 0, max: MAX_RESOLUTION, step: 1 }],
    crop: [['disabled', 'center']],
  },
  execute: async (inputs, run) => {
    const image = imageInput(inputs, 'image')
    let width = countInput(inputs, 'width')
    let height = countInput(inputs, 'height')
    if (width === 0 && height === 0) return { outputs: [image] }
    // 0 keeps the proportions.
    if (width === 0) width = Math.max(1, Math.round((image.width * height) / image.height))
    if (height === 0) height = Math.max(1, Math.round((image.height * width) / image.width))
    const fit = textInput(inputs, 'crop') === 'center' ? 'cover' : 'fill'
    return resize(inputs, run, { width, height, fit })
  },
})

export const imageScaleBy = imageNode({
  name: 'ImageScaleBy',
  displayName: 'Upscale Image By',
  category: 'image/upscaling',
  required: {
    image: ['IMAGE'],
    upscale_method: [METHODS],
    scale_by: ['FLOAT', { default: 1.0, min: 0.01, max: 8.0, step: 0.01 }],
  },
  execute: async (inputs, run) => {
    const image = imageInput(inputs, 'image')
    const factor = floatInput(inputs, 'scale_by')
    const width = Math.max(1, Math.round(image.width * factor))
    const height = Math.max(1, Math.round(image.height * factor))
    return resize(inputs, run, { width, height, fit: 'fill' })
  },
})

export const imageFlip = imageNode({
  name: 'ImageFlip',
  category: 'image/transform',
  module: 'comfy_extras.nodes_images',
  required: { image: ['IMAGE'], flip_method: [['x-axis: vertically', 'y-axis: horizontally']] },
  execute: async (inputs, run) => {
    const image = imageInput(inputs, 'image')
    const upsideDown = textInput(inputs, 'flip_method').startsWith('x')
    const frames = await mapFrames(image, run, async (frame) => {
      const pipeline = frameToSharp(image, frame)
      return (await toRgb(upsideDown ? pipeline.flip() : pipeline.flop())).data
    })
    return { outputs: [{ ...image, frames }] }
  },
})

export const imageRotate = imageNode({
  name: 'ImageRotate',
  category: 'image/transform',
  module: 'comfy_extras.nodes_images',
  required: { image: ['IMAGE'], rotation: [['none', '90 degrees', '180 degrees', '270 degrees']] },
  execute: async (inputs, run) => {
    const image = imageInput(inputs, 'image')
    const degrees = Number.parseInt(textInput(inputs, 'rotation'), 10) || 0
    if (degrees === 0) return { outputs: [image] }
    const frames = await mapFrames(
      image,
      run,
      async (frame) => (await toRgb(frameToSharp(image, frame).rotate(degrees))).data,
    )
    const turned = degrees === 180 ? image : { width: image.height, height: image.width }
    return { outputs: [{ kind: 'image', width: turned.width, height: turned.height, frames }] }
  },
})

export const imageCrop = imageNode({
  name: 'ImageCrop',
  displayName: 'Image Crop',
  category: 'image/transform',
  module: 'comfy_extras.nodes_images',
  required: {
    image: ['IMAGE'],
    width: ['INT', SIZE],
    height: ['INT', SIZE],
    x: ['INT', { default: 0, min: 0, max: MAX_RESOLUTION, step: 1 }],
    y: ['INT', { default: 0, min: 0, max: MAX_RESOLUTION, step: 1 }],
  },
  execute: async (inputs, run) => {
    const image = imageInput(inputs, 'image')
    const left = Math.min(countInput(inputs, 'x'), image.width - 1)
    const top = Math.min(countInput(inputs, 'y'), image.height - 1)
    const width = Math.min(countInput(inputs, 'width'), image.width - left)
    const height = Math.min(countInput(inputs, 'height'), image.height - top)
    const frames = await mapFrames(
      image,
      run,
      async (frame) => (await toRgb(frameToSharp(image, frame).extract({ left, top, width, height }))).data,
    )
    return { outputs: [{ kind: 'image', width, height, frames }] }
  },
})

async function resize(
  inputs: NodeInputs,
  run: NodeRun,
  size: { width: number; height: number; fit: 'cover' | 'fill' },
): Promise<NodeResult> {
  const image = imageInput(inputs, 'image')
  checkImageSize(size.width, size.height, new Set(image.frames).size)
  const kernel = toKernel(textInput(inputs, 'upscale_method'))
  const frames = await mapFrames(
    image,
    run,
    async (frame) => (await toRgb(frameToSharp(image, frame).resize({ ...size, kernel }))).data,
  )
  return { outputs: [{ kind: 'image', width: size.width, height: size.height, frames }] }
}

function toKernel(method: string): 'nearest' | 'cubic' | 'lanczos3' | 'linear' {
  switch (method) {
    case 'nearest-exact':
      return 'nearest'
    case 'bicubic':
      return 'cubic'
    case 'lanczos':
      return 'lanczos3'
    default:
      return 'linear'
  }
}
