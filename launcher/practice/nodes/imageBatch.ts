import sharp, { type Sharp } from 'sharp'
import { NodeFailure, type ImageBatch, type NodeRun } from './nodeClass.ts'

const MAX_PIXELS = 64 * 1024 * 1024
const MAX_BATCH_BYTES = 1024 * 1024 * 1024

/** Refuses sizes that this engine cannot hold in memory. @throws NodeFailure */
export function checkImageSize(width: number, height: number, distinctFrames = 1): void {
  if (width * height > MAX_PIXELS || width * height * 3 * distinctFrames > MAX_BATCH_BYTES) {
    throw new NodeFailure(
      'RuntimeError',
      `The practice engine has no memory for ${distinctFrames} picture(s) of ${width} x ${height}.`,
    )
  }
}

/** A sharp pipeline that reads one frame. */
export function frameToSharp(image: ImageBatch, frame: Buffer): Sharp {
  return sharp(frame, { raw: { width: image.width, height: image.height, channels: 3 } })
}

/** The pixels of a pipeline as RGB. */
export async function toRgb(pipeline: Sharp): Promise<{ data: Buffer; width: number; height: number }> {
  const { data, info } = await pipeline.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height }
}

/** Applies `change` to each different frame once; frames that are the same buffer stay the same. */
export async function mapFrames(
  image: ImageBatch,
  run: NodeRun,
  change: (frame: Buffer) => Promise<Buffer> | Buffer,
): Promise<Buffer[]> {
  const done = new Map<Buffer, Buffer>()
  const frames: Buffer[] = []
  for (const frame of image.frames) {
    run.checkInterrupted()
    let changed = done.get(frame)
    if (changed === undefined) {
      checkImageSize(image.width, image.height, done.size + 1)
      changed = await change(frame)
      done.set(frame, changed)
    }
    frames.push(changed)
  }
  return frames
}
