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
