import { isObject, JsonNumber } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'

/** One input of a class as ComfyUI's `GET /object_info` describes it. */
export interface InputFacts {
  /** `INT`, `STRING`, …; `COMBO` for a list of choices, in either of ComfyUI's two ways to say so. */
  readonly type: string
  /** Of a COMBO whose choices are all texts. */
  readonly choices: readonly string[] | undefined
  readonly options: JsonObject
}

const NOTHING: JsonObject = new Map()

export const findClass = (objectInfo: JsonObject, className: string): JsonObject | undefined => {
  const facts = objectInfo.get(className)
  return isObject(facts) ? facts : undefined
}

/** undefined when the class, or an input of that name, is not there. */
export function findInput(objectInfo: JsonObject, className: string, name: string): InputFacts | undefined {
  const groups = findClass(objectInfo, className)?.get('input')
  if (!isObject(groups)) return undefined
  for (const group of ['required', 'optional']) {
    const inputs = groups.get(group)
    const definition = isObject(inputs) ? inputs.get(name) : undefined
    if (Array.isArray(definition)) return readDefinition(definition)
  }
  return undefined
}

function readDefinition([type, more]: readonly JsonValue[]): InputFacts {
  const options = isObject(more) ? more : NOTHING
  if (Array.isArray(type)) return { type: 'COMBO', choices: textsOf(type), options }
  const listed = type === 'COMBO' ? options.get('options') : undefined
  const choices = Array.isArray(listed) ? textsOf(listed) : undefined
  return { type: typeof type === 'string' ? type : '', choices, options }
}

function textsOf(list: readonly JsonValue[]): readonly string[] | undefined {
  const texts = list.filter((item) => typeof item === 'string')
  return texts.length === list.length ? texts : undefined
}

/** The text of a number among the options. */
export const numberOption = ({ options }: InputFacts, name: string): string | undefined => {
  const value = options.get(name)
  return value instanceof JsonNumber ? value.text : undefined
}

export const isOn = ({ options }: InputFacts, name: string): boolean => options.get(name) === true

/** Lists what lies in somebody's own folder: its choices are nobody else's business. */
export const listsFiles = ({ options }: InputFacts): boolean =>
  [...options.keys()].some((name) => name.endsWith('_upload') || name === 'image_folder' || name === 'remote')

/** A picture that a person uploads to their own folder. */
export const isPictureUpload = (facts: InputFacts): boolean => {
  const folder = facts.options.get('image_folder')
  return isOn(facts, 'image_upload') && (folder === undefined || folder === 'input') && !facts.options.has('remote')
}
