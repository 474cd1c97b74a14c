import { z } from 'zod'

/** Rewrites of ComfyUI's small answers: what is about this computer is for administrators only. */

const systemStatsSchema = z.looseObject({ system: z.looseObject({ argv: z.unknown().optional() }) })
const featuresSchema = z.looseObject({})
const modelFoldersSchema = z.array(z.looseObject({ name: z.string(), folders: z.array(z.string()) }))

const toJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const parse = (body: Buffer): unknown => JSON.parse(body.toString('utf8'))

/** `argv` names paths and flags of this computer. @throws Error when the answer is not what it should be */
export function hideArguments(body: Buffer): Buffer {
  const stats = systemStatsSchema.parse(parse(body))
  return toJson({ ...stats, system: { ...stats.system, argv: ['main.py'] } })
}

/** Clients split or refuse uploads by this number, so it must be the gate's. */
export function setUploadLimit(body: Buffer, uploadBytes: number): Buffer {
  return toJson({ ...featuresSchema.parse(parse(body)), max_upload_size: uploadBytes })
}

/** Absolute paths of model folders become their place in the list; clients use only how many there are. */
export function hideModelFolders(body: Buffer): Buffer {
  const models = modelFoldersSchema.parse(parse(body))
  return toJson(models.map((model) => ({ ...model, folders: model.folders.map((_, at) => `${model.name}/${at}`) })))
}

/** What a ComfyUI without users of its own says: its page then shows no choice of users. */
export const singleUserAnswer = { storage: 'server', migrated: true } as const

/** ComfyUI's own answer while its asset store is switched off. */
export const assetsDisabledAnswer = {
  error: { code: 'SERVICE_DISABLED', message: 'The asset store is switched off on this computer.', details: {} },
} as const

export const emptyRawLogs = { entries: [], size: { cols: 80, rows: 24 } } as const
