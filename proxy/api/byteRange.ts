export interface ByteRange {
  readonly start: number
  /** The last byte that is wanted. */
  readonly end: number
}

/**
 * The part that a Range header asks for (RFC 9110, section 14.2); undefined: all of it. Several ranges at once are
 * answered with all of it: hundreds of overlapping ones would make a file many times its size (CVE-2011-3192).
 */
export function parseRange(header: string | undefined, bytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const count = Math.min(Number(last), bytes)
    return count === 0 ? 'unsatisfiable' : { start: bytes - count, end: bytes - 1 }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= bytes) return 'unsatisfiable'
  return { start, end: last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1) }
}
