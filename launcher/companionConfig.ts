import { LaunchRefused } from './launchRefused.ts'

export const companionPackName = 'gatehouse_companion'

/**
 * The extra-model-paths file that makes ComfyUI load the companion. No `is_default`: ComfyUI-Manager would then
 * install packs into our folder.
 * @throws LaunchRefused PATH_REFUSED for a path with a line break, which ComfyUI would read as two paths
 */
export function companionYaml(companionDirectory: string): string {
  if (/[\0\r\n]/.test(companionDirectory)) {
    throw new LaunchRefused('PATH_REFUSED', 'The folder that Gatehouse is installed in has a line break in its name.')
  }
  return `gatehouse:\n  custom_nodes: ${quoteYaml(companionDirectory)}\n`
}

/** A YAML double-quoted scalar in ASCII: JSON's quoting, with the escapes that YAML spells differently. */
export function quoteYaml(text: string): string {
  const escape = (character: string): string => {
    const code = character.codePointAt(0) ?? 0
    // YAML has no surrogate pairs: PyYAML would read JSON's two escapes as two broken characters.
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  }
  return JSON.stringify(text).replace(/[^\x20-\x7e]/gu, escape)
}
