/** Splits a line as a shell would, with single and double quotes; undefined when a quote is left open. */
export function splitArguments(line: string): string[] | undefined {
  const found: string[] = []
  let current: string | undefined
  let quote: string | undefined
  for (const character of line) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined
      else current = (current ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      current ??= ''
    } else if (/\s/.test(character)) {
      if (current !== undefined) found.push(current)
      current = undefined
    } else {
      current = (current ?? '') + character
    }
  }
  if (quote !== undefined) return undefined
  if (current !== undefined) found.push(current)
  return found
}

/** The line that `splitArguments` takes apart into the same arguments again. */
export function joinArguments(values: readonly string[]): string {
  return values.map(quoteArgument).join(' ')
}

function quoteArgument(value: string): string {
  if (value !== '' && !/[\s"']/.test(value)) return value
  if (!value.includes('"')) return `"${value}"`
  // A value with both kinds is pieced together: "it's" and '"'.
  return value
    .split(/(")/)
    .filter((part) => part !== '')
    .map((part) => (part === '"' ? `'"'` : `"${part}"`))
    .join('')
}
