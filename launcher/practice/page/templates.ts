import type { JsonValue } from '../values/json.ts'

/** ComfyUI's template index. */
export const TEMPLATE_INDEX: JsonValue = []

export interface TemplateFile {
  readonly type: string
  readonly content: string | Buffer
}

/** A workflow or thumbnail by its file name. */
export function findTemplateFile(_name: string): Promise<TemplateFile | undefined> {
  return Promise.resolve(undefined)
}
