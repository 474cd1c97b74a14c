import { isLoopbackHost } from '../proxy/core/addresses.ts'
import { LaunchRefused } from './launchRefused.ts'

const reasons: Readonly<Record<string, string>> = {
  '--multi-user': "Gatehouse keeps people apart itself; with ComfyUI's own way anybody may say who they are",
  '--enable-assets': "its asset library shows everybody's pictures to everybody",
  '--enable-cors-header': 'it lets other web sites use your ComfyUI',
  '--tls-keyfile': 'people reach ComfyUI through Gatehouse; ComfyUI itself is reached inside this computer only',
  '--tls-certfile': 'people reach ComfyUI through Gatehouse; ComfyUI itself is reached inside this computer only',
  '--quick-test-for-ci': 'it ends ComfyUI at once',
}

/** argparse takes any unambiguous prefix of an option; in doubt we refuse rather than guess what is unambiguous. */
export function isSpellingOf(option: string, name: string): boolean {
  return name.length > 2 && option.startsWith(name)
}

interface OwnerOption {
  name: string
  /** What follows it up to the next option, or what stands after `=`. */
  values: readonly string[]
}

/** Groups arguments as argparse does: `--name=value`, or `--name` and the words after it. */
export function parseOwnerOptions(args: readonly string[]): OwnerOption[] {
  const options: { name: string; values: string[] }[] = []
  for (const argument of args) {
    if (argument.startsWith('--')) {
      const [, name = argument, value] = /^(--[^=]*)=([\s\S]*)$/.exec(argument) ?? []
      options.push({ name, values: value === undefined ? [] : [value] })
    } else {
      options.at(-1)?.values.push(argument)
    }
  }
  return options
}

/**
 * Refuses what would open ComfyUI past the gate.
 * @throws LaunchRefused ARGUMENT_REFUSED, with the reason in words
 */
export function checkOwnerArguments(args: readonly string[]): void {
  if (args.some((argument) => /[\0\r\n]/.test(argument))) {
    throw new LaunchRefused('ARGUMENT_REFUSED', 'A ComfyUI argument holds a line break.')
  }
  for (const { name, values } of parseOwnerOptions(args)) {
    if (name === '--') {
      throw new LaunchRefused('ARGUMENT_REFUSED', 'Please leave out "--": ComfyUI would ignore the arguments after it.')
    }
    const found = Object.entries(reasons).find(([option]) => isSpellingOf(option, name))
    if (found !== undefined) {
      throw new LaunchRefused('ARGUMENT_REFUSED', `Please leave out ${found[0]}: ${found[1]}.`)
    }
    if (isSpellingOf('--listen', name)) checkListen(values)
  }
}

function checkListen(values: readonly string[]): void {
  const addresses = values.flatMap((value) => value.split(',')).map((address) => address.trim())
  if (addresses.length > 0 && addresses.every(isLoopbackHost)) return
  throw new LaunchRefused(
    'ARGUMENT_REFUSED',
    'Please leave out --listen: people reach ComfyUI through Gatehouse, and past it anybody could come in. Use sharing instead.',
  )
}

/** The packs to allow by name where the owner switched all custom nodes off; without it the companion would not load. */
export function companionAllowance(args: readonly string[], packName: string): string[] {
  const options = parseOwnerOptions(args)
  if (!options.some(({ name }) => isSpellingOf('--disable-all-custom-nodes', name))) return []
  const allowed = options.filter(({ name }) => isSpellingOf('--whitelist-custom-nodes', name)).at(-1)?.values ?? []
  return ['--whitelist-custom-nodes', ...allowed, packName]
}
