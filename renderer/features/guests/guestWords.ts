import { count } from '../../words/names.ts'
import { startOfDay, toDate, toTimeOfDay } from '../../words/time.ts'

const dayMs = 86_400_000

/** "at 22:00", "tomorrow at 09:00", "on 14 Nov 2026 at 09:00", by the reader's own clock. */
export function endWords(endsAt: string, nowMs: number): string {
  const atMs = Date.parse(endsAt)
  const time = toTimeOfDay(atMs)
  const day = startOfDay(atMs)
  if (day === startOfDay(nowMs)) return `at ${time}`
  // A day may have 23 or 25 hours.
  if (day === startOfDay(startOfDay(nowMs) + 1.5 * dayMs)) return `tomorrow at ${time}`
  return `on ${toDate(atMs)} at ${time}`
}

/** "What you make is deleted at 22:00, or when you leave." */
export const deletionWords = (endsAt: string | null, nowMs: number): string =>
  endsAt === null
    ? 'What you make is deleted when you leave.'
    : `What you make is deleted ${endWords(endsAt, nowMs)}, or when you leave.`

/** "2 guests are here." */
export const presenceWords = (guests: number): string =>
  guests === 0 ? 'No guest is here now.' : `${count(guests, 'guest')} ${guests === 1 ? 'is' : 'are'} here now.`

/** How long a guest stays, as it can be chosen. `null`: until somebody lets them go. */
export const stays: readonly { readonly hours: number | null; readonly label: string }[] = [
  { hours: 1, label: '1 hour' },
  { hours: 4, label: '4 hours' },
  { hours: 12, label: '12 hours' },
  { hours: 24, label: 'a day' },
  { hours: 72, label: '3 days' },
  { hours: 168, label: 'a week' },
  { hours: null, label: 'until I let them go' },
]

/** The choices, with the one that was set elsewhere. */
export const staysWith = (hours: number | null): typeof stays =>
  stays.some((stay) => stay.hours === hours) ? stays : [...stays, { hours, label: count(hours ?? 0, 'hour') }]
