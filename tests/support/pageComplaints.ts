import type { Page } from 'playwright-core'

/** What a page complained of, in words that are the same from run to run and from one address to another. */
export interface Complaints {
  list(): string[]
}

/** Collects errors of the console and of scripts, refused requests and lost ones. */
export function collectComplaints(page: Page): Complaints {
  const found: string[] = []
  page.on('console', (message) => {
    // Every refused request is in the list by its status and address; the console's line of it names neither.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return
    found.push(`console: ${toCommon(message.text())}`)
  })
  page.on('pageerror', (error) => found.push(`script: ${toCommon(error.message)}`))
  page.on('response', (response) => {
    if (response.status() < 400) return
    found.push(`${response.status()} ${response.request().method()} ${toCommon(response.url())}`)
  })
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    // A page that is left, or a stream that it closes, ends its own requests.
    if (reason !== 'net::ERR_ABORTED') found.push(`lost: ${reason} ${request.method()} ${toCommon(request.url())}`)
  })
  return { list: () => [...new Set(found)].sort() }
}

const toCommon = (text: string): string =>
  text
    .replace(/https?:\/\/127\.0\.0\.1:\d+/g, '')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '{id}')
    .replace(/\b0\.\d{6,}/g, '{random}')
    .replace(/-\d{4,}\b/g, '-{number}')
