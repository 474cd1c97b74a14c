/** "11.4 MB", "340 kB": decimal units, as file managers show them. */
export function toBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  const units = ['kB', 'MB', 'GB', 'TB']
  let amount = bytes
  let name = 'bytes'
  for (const next of units) {
    if (amount < 1000) break
    amount /= 1000
    name = next
  }
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${name}`
}

/** "12.4 of 20 GB", "340 MB of 2 GB": what is used of what there is. */
export function toBytesOf(usedBytes: number, allBytes: number): string {
  const [used, usedUnit] = toTenths(usedBytes)
  const [all, allUnit] = toTenths(allBytes)
  return usedUnit === allUnit ? `${used} of ${all} ${allUnit}` : `${used} ${usedUnit} of ${all} ${allUnit}`
}

/** The amount with at most one decimal place, and its unit. */
function toTenths(bytes: number): [amount: string, unit: string] {
  const units = ['kB', 'MB', 'GB', 'TB']
  let amount = bytes / 1000
  let at = 0
  // 999.95 would be written as 1000.
  while (amount >= 999.95 && at < units.length - 1) {
    amount /= 1000
    at += 1
  }
  return [String(Number(amount.toFixed(1))), units[at] ?? 'TB']
}
