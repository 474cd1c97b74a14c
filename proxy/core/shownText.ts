const MAX_SHOWN = 80

/** Whatever stood in a file ends on a page and in a terminal: no control characters, and not all of a long line. */
export const toShown = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, MAX_SHOWN)
