import { toShown } from '../core/shownText.ts'
import { findNetwork } from './ipNetwork.ts'

/** A line that was not understood, by its number from 1 on. */
export interface SkippedLine {
  readonly line: number
  readonly text: string
}

export interface AddressList {
  /** Canonical networks, each once, in their order, with what stood behind `#` on the line. */
  readonly networks: readonly { readonly cidr: string; readonly comment: string }[]
  readonly skipped: readonly SkippedLine[]
}

/**
 * Addresses as a text names them, one a line, as other programs keep their lists: addresses and networks, blank lines,
 * comments behind `#` or `;`. What is not understood is named and left out; nothing else is lost by it.
 */
export function readAddressList(text: string): AddressList {
  const networks = new Map<string, string>()
  const skipped: SkippedLine[] = []
  for (const [at, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const commentAt = line.search(/[#;]/)
    const saying = (commentAt === -1 ? line : line.slice(0, commentAt)).trim()
    if (saying === '') continue
    const cidr = findNetwork(saying)?.cidr
    if (cidr === undefined) skipped.push({ line: at + 1, text: toShown(saying) })
    else if (!networks.has(cidr)) networks.set(cidr, commentAt === -1 ? '' : toShown(line.slice(commentAt + 1).trim()))
  }
  return { networks: [...networks].map(([cidr, comment]) => ({ cidr, comment })), skipped }
}
