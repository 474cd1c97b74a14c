import path from 'node:path'
import { isSpellingOf, parseOwnerOptions } from './comfyuiArguments.ts'

/** Where a ComfyUI keeps files. Absolute paths. */
export interface ComfyuiPlaces {
  readonly output: string
  readonly input: string
  readonly temp: string
  readonly user: string
  readonly models: string
  readonly customNodes: string
}

/** As ComfyUI itself finds them (folder_paths.py, main.py and comfy/cli_args.py, 0.3.64). */
export function placesOfComfyui(codeDirectory: string, args: readonly string[]): ComfyuiPlaces {
  const given = (name: string): string | undefined => {
    const value = parseOwnerOptions(args)
      .filter((option) => isSpellingOf(name, option.name))
      .at(-1)?.values[0]
    return value === undefined ? undefined : path.resolve(codeDirectory, value)
  }
  const base = given('--base-directory') ?? codeDirectory
  const temp = given('--temp-directory')
  return {
    output: given('--output-directory') ?? path.join(base, 'output'),
    input: given('--input-directory') ?? path.join(base, 'input'),
    temp: path.join(temp ?? base, 'temp'),
    user: given('--user-directory') ?? path.join(base, 'user'),
    models: path.join(base, 'models'),
    customNodes: path.join(base, 'custom_nodes'),
  }
}
