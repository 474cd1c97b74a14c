import { setImmediate } from 'node:timers'
import { createDeterministicRandom, createLandscape, drawRows } from './landscape.ts'
import type { ImageBatch, NodeClass, NodeRun } from './nodeClass.ts'
import { countInput, integerInput, textInput } from './nodeInputs.ts'

const MAX_SIZE = 2048
const PREVIEW_SIZE = 192
const ROWS_AT_ONCE = 32

export const practiceSampler: NodeClass = {
  name: 'PracticeSampler',
  displayName: 'Practice Sampler',
  category: 'practice',
  description:
    'Draws a landscape out of noise, step by step like a real sampler, on the CPU and without a model. It exists in the practice engine only.',
  pythonModule: 'custom_nodes.practice',
  schema: 1,
  outputNode: false,
  outputs: [{ type: 'IMAGE', name: 'IMAGE' }],
  inputTypes: () =>
    Promise.resolve({
      required: {
        text: [
          'STRING',
          { multiline: true, default: 'misty mountains at sunrise', tooltip: 'Other words, other colours.' },
        ],
        seed: ['INT', { default: 0, min: 0, max: 0xffffffffffffffffn, control_after_generate: true }],
        steps: ['INT', { default: 20, min: 1, max: 1000 }],
        width: ['INT', { default: 512, min: 16, max: MAX_SIZE, step: 8 }],
        height: ['INT', { default: 512, min: 16, max: MAX_SIZE, step: 8 }],
        batch_size: ['INT', { default: 1, min: 1, max: 16 }],
        milliseconds_per_step: ['INT', { default: 150, min: 0, max: 60000, tooltip: 'How slow it is.' }],
      },
    }),
  execute: async (inputs, run) => {
    const text = textInput(inputs, 'text')
    const seed = integerInput(inputs, 'seed')
    const steps = countInput(inputs, 'steps')
    const size = { width: countInput(inputs, 'width'), height: countInput(inputs, 'height') }
    const previewSize = toPreviewSize(size)
    const sketch = await draw({ text, seed, batchNumber: 0, ...previewSize }, run)
    const noise = makeNoise(`noise ${seed}`, sketch.length)
    for (let step = 1; step <= steps; step++) {
      await run.delay(countInput(inputs, 'milliseconds_per_step'))
      const frame = mix(noise, sketch, step / steps)
      const image: ImageBatch = { kind: 'image', ...previewSize, frames: [frame] }
      await run.progress(step, steps, { type: 'JPEG', image, maxSize: 512 })
    }
    const frames: Buffer[] = []
    for (let batchNumber = 0; batchNumber < countInput(inputs, 'batch_size'); batchNumber++) {
      frames.push(await draw({ text, seed, batchNumber, ...size }, run))
    }
    return { outputs: [{ kind: 'image', ...size, frames }] }
  },
}

interface Drawing {
  readonly text: string
  readonly seed: bigint
  readonly batchNumber: number
  readonly width: number
  readonly height: number
}

/** Draws a few rows at a time, so that the engine keeps answering meanwhile. */
async function draw(drawing: Drawing, run: NodeRun): Promise<Buffer> {
  const { width, height } = drawing
  const landscape = createLandscape(drawing.text, drawing.seed, drawing.batchNumber)
  const picture = Buffer.alloc(width * height * 3)
  for (let from = 0; from < height; from += ROWS_AT_ONCE) {
    run.checkInterrupted()
    drawRows(landscape, picture, drawing, { from, to: Math.min(height, from + ROWS_AT_ONCE) })
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return picture
}

function toPreviewSize({ width, height }: { width: number; height: number }): { width: number; height: number } {
  const scale = Math.min(1, PREVIEW_SIZE / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

function makeNoise(key: string, length: number): Buffer {
  const random = createDeterministicRandom(key)
  return Buffer.from(Array.from({ length }, () => random() * 255))
}

/** Most of the picture appears in the first half of the steps, as with real samplers. */
function mix(noise: Buffer, picture: Buffer, share: number): Buffer {
  const weight = 1 - (1 - share) ** 2
  return Buffer.from(noise.map((value, index) => value + ((picture[index] ?? 0) - value) * weight))
}
