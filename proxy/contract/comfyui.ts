import { z } from 'zod'

export const engineFailureSchema = z.object({ code: z.string(), message: z.string(), details: z.string() })
export type EngineFailure = z.infer<typeof engineFailureSchema>

/** The engine's state as the owner sees it. Times in milliseconds since the epoch; `fraction` from 0 to 1. */
export const engineStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stopped') }),
  z.object({
    kind: z.literal('starting'),
    sinceMs: z.number(),
    attempt: z.number(),
    progress: z.object({ fraction: z.number(), text: z.string() }),
  }),
  z.object({
    kind: z.literal('ready'),
    sinceMs: z.number(),
    pid: z.number(),
    port: z.number(),
    engine: z.enum(['comfyui', 'practice']),
    version: z.string(),
  }),
  z.object({ kind: z.literal('stopping'), sinceMs: z.number() }),
  z.object({ kind: z.literal('backingOff'), retryAtMs: z.number(), attempt: z.number(), failure: engineFailureSchema }),
  z.object({ kind: z.literal('failed'), failure: engineFailureSchema }),
])
export type EngineState = z.infer<typeof engineStateSchema>

/** Which engine the next start runs. */
export const engineChoiceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('practice') }),
  z.object({ kind: z.literal('comfyui'), directory: z.string(), version: z.string().nullable() }),
])
export type EngineChoice = z.infer<typeof engineChoiceSchema>

export const comfyuiSchema = z.object({
  choice: engineChoiceSchema,
  state: engineStateSchema,
  /** Things that work less well but stop nothing, in words: a custom node that did not load, … */
  notices: z.array(z.string()),
})
export type Comfyui = z.infer<typeof comfyuiSchema>

export const logLineSchema = z.object({ sequence: z.number(), atMs: z.number(), text: z.string() })
export type LogLine = z.infer<typeof logLineSchema>
export const engineLogSchema = z.object({ lines: z.array(logLineSchema) })
