import type { Job } from './job.ts'

/** The last unfinished picture that a run showed. */
export interface JobPreview {
  /** Counts up within a run, so that a page knows when there is another one. */
  readonly number: number
  readonly mediaType: 'image/jpeg' | 'image/png'
  readonly bytes: Buffer
}

/** More than any preview has: ComfyUI's are 512 pixels wide. Only one is kept, of the job that runs. */
const MAX_PREVIEW_BYTES = 4 * 1024 * 1024

const JPEG = Buffer.from([0xff, 0xd8, 0xff])
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Keeps the last preview of the job that runs, in memory and no longer than it runs. */
export class JobPreviews {
  #kept: { readonly jobId: string; readonly preview: JobPreview } | undefined

  /** @returns whether it is kept: pictures only, whatever the message called itself */
  keep({ id }: Pick<Job, 'id'>, bytes: Buffer): boolean {
    const mediaType = findMediaType(bytes)
    if (mediaType === undefined || bytes.length > MAX_PREVIEW_BYTES) return false
    const number = (this.of({ id })?.number ?? 0) + 1
    // A copy: the message that carried it may be a part of something larger.
    this.#kept = { jobId: id, preview: { number, mediaType, bytes: Buffer.from(bytes) } }
    return true
  }

  of({ id }: Pick<Job, 'id'>): JobPreview | undefined {
    return this.#kept?.jobId === id ? this.#kept.preview : undefined
  }

  /** Of a run that is over. */
  drop(jobId: string): void {
    if (this.#kept?.jobId === jobId) this.#kept = undefined
  }

  clear(): void {
    this.#kept = undefined
  }
}

function findMediaType(bytes: Buffer): JobPreview['mediaType'] | undefined {
  if (bytes.subarray(0, JPEG.length).equals(JPEG)) return 'image/jpeg'
  return bytes.subarray(0, PNG.length).equals(PNG) ? 'image/png' : undefined
}
