/** Python writes these, and they are no JSON (json.dumps, allow_nan). */
const WORD = /"|-?(?:NaN|Infinity)/g
const BACKSLASH = 0x5c
const QUOTE = 0x22

/**
 * The text as JSON knows it, when Python wrote it; words inside of texts stay. What follows a text that is not closed is
 * no JSON anyway and stays too. Takes one pass, whatever the text is.
 */
export function toStrictJson(text: string): string {
  const parts: string[] = []
  let done = 0
  WORD.lastIndex = 0
  for (let found = WORD.exec(text); found !== null; found = WORD.exec(text)) {
    if (found[0] === '"') {
      const end = findTextEnd(text, WORD.lastIndex)
      if (end === undefined) break
      WORD.lastIndex = end
    } else {
      parts.push(text.slice(done, found.index), 'null')
      done = WORD.lastIndex
    }
  }
  return done === 0 ? text : parts.join('') + text.slice(done)
}

/** Behind the quote that closes it. */
function findTextEnd(text: string, start: number): number | undefined {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at += 1
    else if (code === QUOTE) return at + 1
  }
  return undefined
}
