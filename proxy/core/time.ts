export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** @throws RangeError for a time that no Date can have */
export const toIso = (atMs: number): string => new Date(atMs).toISOString()

/** For what has not been, or never will be. */
export const toIsoOrNull = (atMs: number | null | undefined): string | null =>
  atMs === null || atMs === undefined ? null : toIso(atMs)
