/** The code of an error of the system or of Node (`ENOENT`), of SQLite or of Electron; undefined: it has none. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** Whether it is one of these. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = codeOf(error)
  return code !== undefined && codes.includes(code)
}

/** A kept connection that its other side closed just then. */
export const isBrokenConnection = (error: unknown): boolean => hasCode(error, 'UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE')
