/** As large as a card on a dense screen shows it. */
const maxSidePx = 640

/**
 * A small copy of a picture as a data URL, without what stands in the file beside it: where and how it was made.
 * @throws an Error in words when the browser cannot read it
 */
export async function shrinkPicture(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error('This file is not a picture that can be shown. Choose a PNG, JPEG or WebP.')
  })
  const scale = Math.min(1, maxSidePx / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return canvas.toDataURL('image/jpeg', 0.86)
}

/** The same of a picture that the gate has, by its address. */
export async function shrinkOwnPicture(path: string): Promise<string> {
  const answer = await fetch(path, { credentials: 'same-origin', redirect: 'error' })
  if (!answer.ok) throw new Error('This picture could not be read. Choose another one.')
  return shrinkPicture(await answer.blob())
}
