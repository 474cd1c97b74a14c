const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'] as const
const STEP = 1024

/** A size as people read it, counted in steps of 1024 as file managers do: `18.2 GB`, `20 GB`, `512 MB`. */
export function describeBytes(bytes: number): string {
  let [size, unit] = [bytes, 0]
  while (size >= STEP && unit < UNITS.length - 1) {
    size /= STEP
    unit += 1
  }
  const rounded = size >= 100 || unit === 0 ? Math.round(size) : Math.round(size * 10) / 10
  return `${rounded} ${UNITS[unit] ?? ''}`
}

/** The size that a person wrote, `50GB`, `1.5 TB` or a number of bytes; undefined when it is none. */
export function parseBytes(text: string): number | undefined {
  const [, number, prefix = ''] = /^(\d{1,15}(?:\.\d{1,3})?)\s*(?:([kmgt])i?b?|bytes?|b)?$/i.exec(text.trim()) ?? []
  if (number === undefined) return undefined
  const bytes = Math.round(Number(number) * STEP ** ' kmgt'.indexOf(prefix.toLowerCase() || ' '))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
