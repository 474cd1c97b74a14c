/**
 * The form in which names are compared: compatibility-composed and case-folded, so that `Mia`, `mia` and the
 * full-width `Ｍｉａ` are one name. (Upper before lower case: `ß` and `ss` fold together, as Unicode's full folding does.)
 */
export function toNameKey(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC').trim().replace(/\s+/gu, ' ')
}
