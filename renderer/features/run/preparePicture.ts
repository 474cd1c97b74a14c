/** Larger is of no use to a workflow, and takes long from a phone. */
export const longestSidePx = 2048
const lookSidePx = 240

export interface PreparedPicture {
  readonly blob: Blob
  readonly fileName: string
  /** A small one to show, as `data:`. */
  readonly look: string
}

/** The size within a square of `longest`, never larger than it is. */
export function fitWithin(width: number, height: number, longest: number): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height, 1))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** What is see-through stays so; a photo is written as one. */
export const writtenType = (type: string): 'image/png' | 'image/jpeg' =>
  type === 'image/png' || type === 'image/webp' || type === 'image/gif' ? 'image/png' : 'image/jpeg'

/** "start-20261123-093000.jpg": nothing of what the file was called on the phone. */
export function startName(type: 'image/png' | 'image/jpeg', at: Date): string {
  const stamp = at.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
  return `start-${stamp}.${type === 'image/png' ? 'png' : 'jpg'}`
}

/**
 * Reads a picture as the browser shows it, upright, and writes it anew at most 2048 pixels long: quick to send, and
 * without the place and the camera that stand in a phone's photos.
 * @throws Error in words when the browser cannot read it
 */
export async function preparePicture(file: Blob, now = new Date()): Promise<PreparedPicture> {
  const url = URL.createObjectURL(file)
  try {
    const image = new Image()
    image.src = url
    await image.decode().catch((error: unknown) => {
      throw new Error('This file is no picture that this browser can read. Choose a JPEG or PNG.', { cause: error })
    })
    const type = writtenType(file.type)
    const size = fitWithin(image.naturalWidth, image.naturalHeight, longestSidePx)
    const blob = await toBlob(draw(image, size), type)
    const look = draw(image, fitWithin(size.width, size.height, lookSidePx), 'white').toDataURL('image/jpeg', 0.7)
    return { blob, fileName: startName(type, now), look }
  } finally {
    URL.revokeObjectURL(url)
  }
}

function draw(image: HTMLImageElement, size: { width: number; height: number }, ground?: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = size.width
  canvas.height = size.height
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('This browser cannot prepare pictures. Try another one.')
  context.imageSmoothingQuality = 'high'
  if (ground !== undefined) {
    context.fillStyle = ground
    context.fillRect(0, 0, size.width, size.height)
  }
  context.drawImage(image, 0, 0, size.width, size.height)
  return canvas
}

function toBlob(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('This picture could not be prepared.')) : resolve(blob)),
      type,
      0.92,
    )
  })
}
