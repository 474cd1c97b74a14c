import { StringDecoder } from 'node:string_decoder'

export interface SplitLine {
  text: string
  /** Ended by a carriage return alone: a progress bar that the next line overwrites. */
  isTransient: boolean
}

/** A line longer than this is cut, and the rest of it dropped: a binary on stderr must not fill the memory. */
export const maxLineLength = 8_000

/** Turns chunks of bytes into lines. Splits at \n, \r\n and \r; UTF-8 sequences may be cut anywhere. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  #pending = ''
  #isDroppingRest = false
  #endedWithReturn = false

  push(chunk: Buffer): SplitLine[] {
    return this.#split(this.#decoder.write(chunk))
  }

  /** What is left when the stream ends. */
  end(): SplitLine[] {
    const lines = this.#split(this.#decoder.end())
    if (this.#endedWithReturn) lines.push(...this.#finishReturn(true))
    if (this.#pending !== '') lines.push({ text: this.#pending, isTransient: false })
    this.#pending = ''
    return lines
  }

  #split(text: string): SplitLine[] {
    const lines: SplitLine[] = []
    let rest = text
    if (this.#endedWithReturn && rest !== '') {
      const isNewline = rest.startsWith('\n')
      lines.push(...this.#finishReturn(!isNewline))
      if (isNewline) rest = rest.slice(1)
    }
    for (;;) {
      const at = rest.search(/[\r\n]/)
      if (at === -1) break
      this.#append(rest.slice(0, at))
      if (rest[at] === '\r' && at === rest.length - 1) {
        // Only the next chunk tells whether this is \r\n.
        this.#endedWithReturn = true
        return lines
      }
      const isPair = rest.startsWith('\r\n', at)
      lines.push(...this.#take(rest[at] === '\r' && !isPair))
      rest = rest.slice(at + (isPair ? 2 : 1))
    }
    this.#append(rest)
    return lines
  }

  #finishReturn(isTransient: boolean): SplitLine[] {
    this.#endedWithReturn = false
    return this.#take(isTransient)
  }

  #take(isTransient: boolean): SplitLine[] {
    const text = this.#pending
    this.#pending = ''
    this.#isDroppingRest = false
    return isTransient && text.trim() === '' ? [] : [{ text, isTransient }]
  }

  #append(text: string): void {
    if (this.#isDroppingRest) return
    this.#pending += text
    if (this.#pending.length <= maxLineLength) return
    this.#pending = `${this.#pending.slice(0, maxLineLength)}…`
    this.#isDroppingRest = true
  }
}
