const minuteSeconds = 60
const hourSeconds = 60 * minuteSeconds

/** "1st", "2nd", "3rd", "11th". */
export function toOrdinal(number: number): string {
  const tens = number % 100
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th')
  return `${number}${suffix}`
}

/** "less than a minute", "about 6 minutes", "about 2 hours". */
export function toExpectedWait(seconds: number): string {
  if (seconds < 0.75 * minuteSeconds) return 'less than a minute'
  if (seconds < 1.5 * minuteSeconds) return 'about a minute'
  if (seconds < 1.5 * hourSeconds) return `about ${Math.round(seconds / minuteSeconds)} minutes`
  return `about ${Math.round(seconds / hourSeconds)} hours`
}

/** "3rd in line, about 6 minutes"; `before`: jobs that are served first. */
export function toPlaceInLine(before: number, waitSeconds: number | null): string {
  const place = before <= 0 ? 'Next in line' : `${toOrdinal(before + 1)} in line`
  return waitSeconds === null ? place : `${place}, ${toExpectedWait(waitSeconds)}`
}
