import { useMutation } from '@tanstack/react-query'
import { z } from 'zod'
import { toApiError, toNotUnderstood, toUnreachable } from '../../api/apiError.ts'
import { preparePicture } from './preparePicture.ts'
import type { StartPicture } from './runDraft.ts'

/** What ComfyUI answers (server.py, image_upload). */
const uploadedSchema = z.object({ name: z.string(), subfolder: z.string().default('') })

/** Refusals of the gate on ComfyUI's paths come in ComfyUI's shape. */
const refusalSchema = z.union([
  z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => ({ detail: error.message })),
  z.object({ error: z.string() }).transform(({ error }) => ({ detail: error })),
  z.unknown(),
])

/** Sends a picture to where ComfyUI's nodes look for it. @throws ApiError, or Error in words */
async function uploadPicture(file: File): Promise<StartPicture> {
  const { blob, fileName, look } = await preparePicture(file)
  const form = new FormData()
  form.append('image', blob, fileName)
  const response = await send(form)
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw toApiError(response.status, refusalSchema.parse(body))
  const uploaded = uploadedSchema.safeParse(body)
  if (!uploaded.success) throw toNotUnderstood(response.status, uploaded.error)
  const { name, subfolder } = uploaded.data
  return { name: subfolder === '' ? name : `${subfolder}/${name}`, label: 'Your picture', look }
}

async function send(body: FormData): Promise<Response> {
  try {
    return await fetch('/upload/image', {
      method: 'POST',
      credentials: 'same-origin',
      redirect: 'error',
      headers: { accept: 'application/json' },
      body,
    })
  } catch (error) {
    throw toUnreachable(error)
  }
}

export const useUploadPicture = () => useMutation({ mutationFn: uploadPicture })
