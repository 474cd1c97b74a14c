import { parseArgs } from 'node:util'
import { UsageError } from './commandContext.ts'

type OptionTypes = Readonly<Record<string, 'string' | 'boolean'>>

type Values<Options extends OptionTypes> = {
  readonly [Name in keyof Options]?: Options[Name] extends 'boolean' ? boolean : string
}

export interface ParsedOptions<Options extends OptionTypes> {
  readonly values: Values<Options>
  readonly positionals: readonly string[]
}

/** What follows a command: known options and a fixed number of names. @throws UsageError */
export function parseOptions<const Options extends OptionTypes>(
  argv: readonly string[],
  options: Options,
  names: readonly string[],
): ParsedOptions<Options> {
  let parsed
  try {
    parsed = parseArgs({
      args: [...argv],
      options: Object.fromEntries(Object.entries(options).map(([name, type]) => [name, { type }])),
      allowPositionals: true,
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'These options are not understood.')
  }
  const missing = names[parsed.positionals.length]
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`)
  const extra = parsed.positionals[names.length]
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many.`)
  // parseArgs gives each option the type that was asked for above.
  return { values: parsed.values as Values<Options>, positionals: parsed.positionals }
}
