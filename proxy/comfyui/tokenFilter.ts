const KEYS = ['auth_token_comfy_org', 'api_key_comfy_org', 'auth_token', 'comfy_api_key']
/** A key, its colon, possibly a list, and the first quote of the value. A key inside a string has escaped quotes. */
const OPENING = new RegExp(`"(?:${KEYS.join('|')})"\\s{0,8}:\\s{0,8}\\[?\\s{0,8}"`, 'g')
/** What could become such an opening with the next bytes. */
const UNFINISHED = /"([a-z_]{0,20})(?:"\s{0,8}(?::\s{0,8}\[?\s{0,8})?)?$/
const LONGEST_OPENING = 64
const QUOTE = 0x22
const BACKSLASH = 0x5c
const BLANK = 0x20

/**
 * Blanks comfy.org tokens in a stream of JSON without changing its length: `"auth_token_comfy_org": "abc"` becomes
 * `"auth_token_comfy_org": ""   `. ComfyUI 0.3.64 answers GET /queue with the tokens of waiting jobs, and a failed API
 * node's inputs stand in the history under their parameter's name. Chunks are changed in place.
 */
export class TokenFilter {
  #held: Buffer = Buffer.alloc(0)
  #state: 'outside' | 'opening' | 'inside' = 'outside'
  #escaped = false

  /** Returns what may go out now; what could be the start of a token's key stays back. */
  push(chunk: Buffer): Buffer {
    const text = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const searchedTo = this.#blankValues(text)
    const keepFrom = this.#state === 'outside' ? findUnfinished(text, searchedTo) : text.length
    this.#held = text.subarray(keepFrom)
    return text.subarray(0, keepFrom)
  }

  end(): Buffer {
    const rest = this.#held
    this.#held = Buffer.alloc(0)
    return rest
  }

  /** Returns the position up to which nothing is left to find. */
  #blankValues(text: Buffer): number {
    let at = this.#state === 'outside' ? 0 : this.#blank(text, 0)
    if (!text.includes('_token') && !text.includes('_key')) return at
    // Latin-1 has one character per byte, so positions in both are equal.
    const characters = text.toString('latin1')
    OPENING.lastIndex = at
    for (let match = OPENING.exec(characters); match !== null; match = OPENING.exec(characters)) {
      this.#state = 'opening'
      this.#escaped = false
      at = this.#blank(text, match.index + match[0].length)
      OPENING.lastIndex = at
    }
    return at
  }

  /** Blanks a value from after its first quote; the first byte becomes the quote that ends it. */
  #blank(text: Buffer, from: number): number {
    for (let at = from; at < text.length; at += 1) {
      const ends = text[at] === QUOTE && !this.#escaped
      this.#escaped = text[at] === BACKSLASH && !this.#escaped
      text[at] = this.#state === 'opening' ? QUOTE : BLANK
      this.#state = ends ? 'outside' : 'inside'
      if (ends) return at + 1
    }
    return text.length
  }
}

function findUnfinished(text: Buffer, from: number): number {
  const start = Math.max(from, text.length - LONGEST_OPENING)
  const match = UNFINISHED.exec(text.toString('latin1', start))
  const name = match?.[1] ?? ''
  if (match === null || !KEYS.some((key) => key.startsWith(name))) return text.length
  return start + match.index
}
