import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pageHeaders } from '../../proxy/portal/contentPolicy.ts'
import type { PageScenario } from './pageFixtures.ts'
import { drawOutput } from './pageFixturesOutputs.ts'
import { drawRunPicture } from './pageFixturesRunPictures.ts'

const contentTypes: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json',
  html: 'text/html; charset=utf-8',
}

export interface PageServer {
  readonly origin: string
  /** What every request from now on is answered with. */
  show(scenario: PageScenario): void
  close(): Promise<void>
}

/** Serves built pages and answers the API from a scenario: the pages' whole world for a picture. */
export async function openPageServer(pagesDirectory: string): Promise<PageServer> {
  let scenario: PageScenario = { answers: {}, desktop: undefined, refusals: {} }
  let origin = ''
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => {
      outgoing.writeHead(500).end(String(error))
    })
  })

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', origin)
    if (pathname.startsWith('/gatehouse/api/v1/')) {
      const path = pathname.slice('/gatehouse/api/v1/'.length)
      // Lists that are asked for by their state are different answers.
      const state = searchParams.get('state')
      const named = state === null ? path : `${path}?state=${state}`
      const file =
        (await drawOutput(path, Number(searchParams.get('size') ?? searchParams.get('width')))) ??
        (await drawRunPicture(path))
      if (file !== undefined) outgoing.writeHead(200, { 'content-type': file.type }).end(file.body)
      else answerApi(incoming.method ?? 'GET', named, searchParams, outgoing)
      return
    }
    // What else is asked for by our pages is no file.
    if (incoming.method === 'POST') answerApi('POST', pathname, searchParams, outgoing)
    else await sendFile(pathname, outgoing)
  }

  function answerApi(method: string, path: string, query: URLSearchParams, outgoing: ServerResponse): void {
    if (path === 'events' && scenario.answers['GET events'] === brokenAnswer) {
      outgoing.destroy()
      return
    }
    const streamRefusal = scenario.refusals['GET events']
    if (path === 'events' && streamRefusal === undefined) {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      outgoing.write(': here\n\n')
      return
    }
    const name = `${method} ${path}`
    const refusal = scenario.refusals[name]
    if (refusal !== undefined) {
      sendJson(outgoing, refusal.status, refusal.body, 'application/problem+json')
      return
    }
    const given = scenario.answers[name]
    if (given === pendingAnswer) return
    if (typeof given === 'function') sendJson(outgoing, 200, given(query))
    else if (name in scenario.answers) sendJson(outgoing, 200, given)
    else if (method === 'GET') sendJson(outgoing, 404, { code: 'NOT_FOUND', detail: `No answer for ${name}.` })
    else outgoing.writeHead(204).end()
  }

  async function sendFile(pathname: string, outgoing: ServerResponse): Promise<void> {
    const file = pathname.startsWith('/gatehouse/assets/')
      ? join('assets', pathname.slice('/gatehouse/assets/'.length))
      : pathname.startsWith('/gatehouse/owner')
        ? 'owner.html'
        : 'portal.html'
    outgoing.writeHead(200, {
      'content-type': contentTypes[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      // A page that breaks the real policy says so on the console, and its picture fails.
      ...pageHeaders(origin),
    })
    outgoing.end(await readFile(join(pagesDirectory, file)))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the page server has no port')
  origin = `http://127.0.0.1:${address.port}`
  return {
    origin,
    show: (next) => {
      scenario = next
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections()
        server.close((error) => (error === undefined ? resolve() : reject(error)))
      }),
  }
}

/** As an answer: the connection breaks, as with a computer that went to sleep. */
export const brokenAnswer = 'broken'

/** As an answer: never comes, so that the page shows how it waits. */
export const pendingAnswer = 'pending'

function sendJson(outgoing: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  outgoing.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}
