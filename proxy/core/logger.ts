/**
 * What the core needs of a logger; pino fits. Messages are for the owner's log: no password, key, token, cookie or
 * request body ever goes in, redaction is only the second line of defence.
 */
export interface Logger {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

const nothing = (): void => undefined

export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
