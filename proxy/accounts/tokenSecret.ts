type Environment = Record<string, string | undefined>

const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/
/** What the system and the engine need: a name set by mistake must not take it away from them. */
const NEEDED = new Set(['PATH', 'HOME', 'USERPROFILE', 'SYSTEMROOT', 'TEMP', 'TMP', 'TMPDIR', 'LANG', 'DISPLAY'])

/**
 * What the named variable adds to the key that signs tokens. It is taken out of the environment, so that neither the
 * engine nor a custom node inherits it; undefined when it is not set.
 */
export function takeTokenSecret(environment: Environment, variable: string): string | undefined {
  if (!namePattern.test(variable) || NEEDED.has(variable.toUpperCase())) return undefined
  const value = environment[variable]
  Reflect.deleteProperty(environment, variable)
  return value === '' ? undefined : value
}
