import { z } from 'zod'

/** The script that the gate adds to ComfyUI's page; it is built from renderer/canvas/. */
export const CANVAS_SCRIPT = '/gatehouse/assets/comfyui.js'

const extensionListSchema = z.array(z.string())

/** Folders under which ComfyUI-Manager serves its scripts: its repository's, its archives', and of 4.x the older page. */
const MANAGER_SCRIPT = /^\/extensions\/comfyui[-_]manager(?:-main|-master|-legacy)?\//i

/**
 * `GET /extensions` for somebody's browser: with our script, and without the Manager's buttons for whom it is closed.
 * Nothing of ours is the engine's to name. What is not a list of names stays as it is.
 */
export function editExtensionList(body: Buffer, { withManager }: { readonly withManager: boolean }): Buffer {
  const names = findNames(body)
  if (names === undefined) return body
  const kept = names.filter((name) => !name.startsWith('/gatehouse/') && (withManager || !MANAGER_SCRIPT.test(name)))
  return Buffer.from(JSON.stringify([CANVAS_SCRIPT, ...kept]))
}

function findNames(body: Buffer): readonly string[] | undefined {
  try {
    return extensionListSchema.safeParse(JSON.parse(body.toString('utf8'))).data
  } catch {
    // Not JSON: the page makes of it what it would without us.
    return undefined
  }
}
