import { z } from 'zod'
import type { WorkflowDraft } from '../../../proxy/contract/workflowDrafts.ts'

/** A workflow that may be published, wherever it came from. */
export interface WorkflowSource {
  /** What it is called until somebody gives it a name. */
  readonly name: string
  /** JSON text in ComfyUI's API format, numbers as they were written: a seed may have more digits than a number here. */
  readonly promptText: string
  /** The same to read. */
  readonly prompt: Prompt
  /** ComfyUI's own file of it, when it is known. */
  readonly canvas: Readonly<Record<string, unknown>> | null
}

const nodeSchema = z.object({
  class_type: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  _meta: z.object({ title: z.string() }).optional().catch(undefined),
})
export const promptSchema = z
  .record(z.string(), nodeSchema)
  .refine((nodes) => Object.keys(nodes).length > 0, { message: 'empty' })
export type Prompt = z.output<typeof promptSchema>

/** The file that ComfyUI's "Save" and "Export" write; version 0.4 has `links` as lists, 1.0 as objects. */
const canvasSchema = z.object({ nodes: z.array(z.unknown()) })

export type ReadFile =
  | { readonly kind: 'workflow'; readonly source: WorkflowSource }
  /** ComfyUI's own file: only its page knows how to make a prompt of it. */
  | { readonly kind: 'canvas' }
  | { readonly kind: 'unreadable'; readonly why: string }

/** Larger ones are no workflow. */
export const fileLimitBytes = 4 * 1024 * 1024

/** What somebody chose as a workflow: ComfyUI's API format, its own file, or something else. */
export function readWorkflowFile(fileName: string, text: string): ReadFile {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // Said in words below.
    return { kind: 'unreadable', why: 'This file is not a workflow: it is no JSON. Export one in ComfyUI.' }
  }
  if (canvasSchema.safeParse(parsed).success) return { kind: 'canvas' }
  const prompt = promptSchema.safeParse(parsed)
  if (!prompt.success) {
    return { kind: 'unreadable', why: 'This file is not a workflow of ComfyUI. Export one with “Export (API)”.' }
  }
  const name = toName(fileName)
  return { kind: 'workflow', source: { name, promptText: text, prompt: prompt.data, canvas: null } }
}

/** "wading_birds_api.json" → "wading birds" */
export function toName(fileName: string): string {
  const stem = fileName.replace(/\.json$/i, '').replace(/[ _-]*api$/i, '')
  return stem
    .replace(/[_\s]+/g, ' ')
    .trim()
    .slice(0, 80)
}

/** What a node is called on the canvas, otherwise by its class; undefined when there is no such node. */
export function nodeTitle(prompt: Prompt, nodeId: string): string | undefined {
  const node = Object.hasOwn(prompt, nodeId) ? prompt[nodeId] : undefined
  return node === undefined ? undefined : (node._meta?.title ?? node.class_type)
}

/** What was handed over from ComfyUI's page; undefined when it is no workflow. */
export function readDraft({
  name,
  prompt,
  canvas,
}: Pick<WorkflowDraft, 'name' | 'prompt' | 'canvas'>): WorkflowSource | undefined {
  const parsed = promptSchema.safeParse(prompt)
  return parsed.success ? { name, promptText: JSON.stringify(prompt), prompt: parsed.data, canvas } : undefined
}
