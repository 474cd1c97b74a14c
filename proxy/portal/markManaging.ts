import { escapeHtml } from '../http/escapeHtml.ts'

/**
 * The sign-in page as administrators get it on their own port: it says what it is for, and the way to what everybody else
 * wants. `origin`: under which whoever asks reached this port; `primaryUrl`: where people go, null while nothing is shared.
 */
export function markManaging(html: string, origin: string | undefined, primaryUrl: string | null): string {
  const people = origin === undefined || primaryUrl === null ? '' : toSameHost(new URL(origin), new URL(primaryUrl))
  return html.replace('<html ', `<html data-surface="administration" data-people="${escapeHtml(people)}" `)
}

const toSameHost = ({ hostname }: URL, { protocol, port }: URL): string =>
  `${protocol}//${hostname}${port === '' ? '' : `:${port}`}/`
