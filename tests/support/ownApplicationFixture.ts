import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createOwnApplication } from '../../proxy/api/ownApplication.ts'
import type { GuestSweep } from '../../proxy/accounts/guestSweep.ts'
import type { OwnApplicationDependencies } from '../../proxy/api/dependencies.ts'
import type { EngineState, LogLine } from '../../proxy/contract/comfyui.ts'
import type { ProtectionReport } from '../../proxy/contract/protection.ts'
import type { Connection, Sharing } from '../../proxy/contract/sharing.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import type { ListenerName, PresentedCredential, RequestContext } from '../../proxy/pipeline/requestContext.ts'
import { createJobRights } from '../../service/jobRights.ts'
import { openNodes } from '../../service/openNodes.ts'
import { openGuests } from '../../service/openGuests.ts'
import { FakeCertificates } from './fakeCertificates.ts'
import { FakeReach } from './fakeReach.ts'
import { openTestFolders } from './foldersFixture.ts'
import type { TestFolders } from './foldersFixture.ts'
import type { NodeRights } from '../../proxy/nodes/nodeRights.ts'
import { FakeFacts } from './nodesFixture.ts'
import { openJobQueueFixture } from './jobQueueFixture.ts'
import type { JobQueueFixture } from './jobQueueFixture.ts'
import { openOutputsFixture } from './outputsFixture.ts'
import type { OutputsFixture } from './outputsFixture.ts'
import { storesTest } from './storesFixture.ts'
import { openWorkflowsFixture } from './workflowsFixture.ts'
import type { WorkflowsFixture } from './workflowsFixture.ts'

/** The parts that others own, as simple as the API sees them. */
export interface FakeParts {
  readonly dependencies: Pick<
    OwnApplicationDependencies,
    'engine' | 'sharing' | 'connections' | 'certificates' | 'administration' | 'protection'
  >
  readonly calls: string[]
  readonly certificates: FakeCertificates
  setState(state: EngineState): void
  log(text: string): void
  refuseStart(message: string): void
  connections: Connection[]
  /** Whom the check that was begun is to tell of its report. */
  endProtection: ((report: ProtectionReport) => void) | undefined
}

export function createFakeParts(): FakeParts {
  const calls: string[] = []
  const stateListeners = new Set<(state: EngineState) => void>()
  const lineListeners = new Set<(line: LogLine) => void>()
  const lines: LogLine[] = []
  let state: EngineState = { kind: 'stopped' }
  let refusal: string | undefined
  let isSharing = false
  const sharingListeners = new Set<() => void>()
  const describe = (): Sharing => ({
    on: isSharing,
    port: 8190,
    encrypted: false,
    primaryUrl: null,
    codeUrl: null,
    localUrl: 'http://127.0.0.1:8190/',
    addresses: [],
    hostName: 'studio-pc',
    people: [],
    problem: null,
    portTaken: null,
    network: null,
    pause: null,
    outsideHome: false,
    name: { state: 'off', host: '', problem: null },
    reach: { kind: 'off' },
    firewall: null,
    localBlock: null,
    addressBefore: null,
  })
  const command = (name: string) => () => {
    calls.push(name)
    if (refusal === undefined) return Promise.resolve()
    const error = new Error(refusal)
    error.name = 'LaunchRefused'
    return Promise.reject(error)
  }
  const certificates = new FakeCertificates(calls)
  const parts: FakeParts = {
    calls,
    certificates,
    connections: [],
    endProtection: undefined,
    setState: (next) => {
      state = next
      for (const listener of stateListeners) listener(next)
    },
    log: (text) => {
      const line = { sequence: lines.length, atMs: 0, text }
      lines.push(line)
      for (const listener of lineListeners) listener(line)
    },
    refuseStart: (message) => {
      refusal = message
    },
    dependencies: {
      certificates,
      protection: {
        describe: () => ({ running: null, report: null, problem: null }),
        start: (asksRunning, onEnd) => {
          calls.push(`protection ${String(asksRunning)}`)
          parts.endProtection = onEnd
        },
      },
      engine: {
        state: () => state,
        choice: () => ({ kind: 'none' }),
        connection: () => undefined,
        onStateChange: (listener) => {
          stateListeners.add(listener)
          return () => stateListeners.delete(listener)
        },
        start: command('start'),
        stop: command('stop'),
        restart: command('restart'),
        endHung: command('endHung'),
        onMemoryPressure: () => () => undefined,
        notices: () => ['A custom node did not load.'],
        logLines: (after) => lines.filter((line) => line.sequence > after),
        onLogLine: (listener) => {
          lineListeners.add(listener)
          return () => lineListeners.delete(listener)
        },
        reportUnreachable: () => undefined,
      },
      administration: {
        describe: () => ({ on: false, port: 8191, urls: [], problem: null }),
        onChange: () => () => undefined,
      },
      sharing: {
        describe,
        set: (on) => {
          calls.push(`sharing ${String(on)}`)
          isSharing = on
          for (const listener of sharingListeners) listener()
          return Promise.resolve()
        },
        answerNetwork: (network, share) => {
          calls.push(`network ${network} ${String(share)}`)
          return Promise.resolve()
        },
        acceptAddress: () => {
          calls.push('address')
          return Promise.resolve()
        },
        onChange: (listener) => {
          sharingListeners.add(listener)
          return () => sharingListeners.delete(listener)
        },
      },
      connections: { list: () => parts.connections, onChange: () => () => undefined },
    },
  }
  return parts
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly bytes: Buffer
  /** The body parsed as JSON; undefined when it is none. */
  readonly json: any
}

export interface AskOptions {
  readonly listener?: ListenerName
  /** Where the client is: this computer for the owner's listener, else another one of the home. */
  readonly address?: string
  /** A session's token. */
  readonly session?: string
  readonly key?: string
  readonly body?: unknown
  /** Sent as it is instead of `body`. */
  readonly rawBody?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface TestApplication {
  readonly origin: string
  readonly parts: FakeParts
  /** What the engine says that it has, once a test gives it a start. */
  readonly facts: FakeFacts
  readonly nodes: NodeRights
  readonly queue: JobQueueFixture
  readonly folders: TestFolders
  readonly files: OutputsFixture
  readonly reach: FakeReach
  readonly workflows: WorkflowsFixture
  /** Deletes what guests leave behind, once it is started. */
  readonly guests: GuestSweep
  readonly pagesDirectory: string
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>
  /** Opens the event stream; `events` grows, `closed` resolves when the gate ends it. */
  openEvents(options: AskOptions): Promise<{ status: number; events: any[]; closed: Promise<void>; close(): void }>
}

/** What the gate's pipeline hands over, made the short way: no policy, only facts. */
const toPresented = (incoming: IncomingMessage): PresentedCredential | undefined => {
  const bearer = /^Bearer (.+)$/.exec(incoming.headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return { kind: 'bearer', token: bearer }
  const cookie = /(?:^|; )gatehouse_session=([^;]+)/.exec(incoming.headers.cookie ?? '')?.[1]
  return cookie === undefined ? undefined : { kind: 'sessionCookie', token: cookie }
}

function send(origin: string, method: string, path: string, options: AskOptions) {
  const text = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  return httpRequest(`${origin}${path}`, {
    method,
    agent: false,
    headers: {
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(options.session === undefined ? {} : { cookie: `gatehouse_session=${options.session}` }),
      ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
      'x-test-listener': options.listener ?? 'public',
      'x-test-address': options.address ?? (options.listener === 'owner' ? '127.0.0.1' : '192.168.1.20'),
      ...options.headers,
    },
  }).end(text)
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function ask(origin: string, method: string, path: string, options: AskOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    send(origin, method, path, options)
      .on('error', reject)
      .on('response', (response) => {
        const chunks: Buffer[] = []
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => {
            const bytes = Buffer.concat(chunks)
            const text = bytes.toString()
            const { statusCode: status = 0, headers } = response
            resolve({ status, headers, text, bytes, json: parseJson(text) })
          })
      })
  })
}

function openEvents(origin: string, options: AskOptions): ReturnType<TestApplication['openEvents']> {
  return new Promise((resolve, reject) => {
    const outgoing = send(origin, 'GET', '/gatehouse/api/v1/events', options)
    outgoing.on('error', reject).on('response', (response) => {
      const events: unknown[] = []
      let rest = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const parts = (rest + chunk).split('\n\n')
        rest = parts.pop() ?? ''
        for (const part of parts) if (part.startsWith('data: ')) events.push(JSON.parse(part.slice(6)))
      })
      const closed = new Promise<void>((done) => response.on('close', done).on('error', () => undefined))
      resolve({ status: response.statusCode ?? 0, events, closed, close: () => outgoing.destroy() })
    })
  })
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The own application behind a real server on a free port, over stores of its own. */
export const applicationTest = storesTest.extend<{ application: TestApplication }>({
  application: async ({ stores, clock, logger, dataDirectory }, use) => {
    const pagesDirectory = join(dataDirectory, '..', 'pages')
    mkdirSync(join(pagesDirectory, 'assets'), { recursive: true })
    writeFileSync(join(pagesDirectory, 'owner.html'), '<!doctype html><title>owner page</title>')
    writeFileSync(join(pagesDirectory, 'portal.html'), '<!doctype html><title>portal page</title>')
    writeFileSync(join(pagesDirectory, 'assets', 'portal-DkW0x9_a.js'), `'use strict'\n${'// filler\n'.repeat(200)}`)
    writeFileSync(join(pagesDirectory, 'assets', 'appearance.js'), `'use strict'`)
    writeFileSync(join(dataDirectory, '..', 'secret.txt'), 'outside of the pages')
    const parts = createFakeParts()
    const folders = openTestFolders(stores, clock, logger, join(dataDirectory, '..', 'outputs'))
    const queue = await openJobQueueFixture({
      room: folders.folders.room,
      clock,
      logger,
      settings: stores.settings,
      rights: createJobRights(stores, { isGranted: (id, person) => workflows.parts.runs.isGranted(id, person) }, clock),
    })
    const files = openOutputsFixture(stores, queue.jobs, folders.userFolders, { clock, logger })
    const { jobs } = queue
    const guests = openGuests(stores, { ...folders, jobs, thumbnails: files.thumbnails, logger })
    const workflows = openWorkflowsFixture(stores, queue.jobs, { clock, logger })
    const reach = new FakeReach()
    const facts = new FakeFacts()
    facts.boot = undefined
    const nodes = await openNodes(stores, { clock, logger }, workflows.parts)
    nodes.attach(facts)
    const own = createOwnApplication({
      nodes,
      reach,
      jobs: queue.jobs,
      folders: folders.folders,
      outputs: files.outputs,
      thumbnails: files.thumbnails,
      pictureTexts: files.pictureTexts,
      workflows: workflows.parts,
      clock,
      logger,
      stores,
      ...parts.dependencies,
      freeIdleMemory: () => Promise.resolve(false),
      pagesDirectory,
      version: '0.0.0-test',
    })
    const server = createServer((incoming, outgoing) => {
      void (async () => {
        const listener = incoming.headers['x-test-listener'] === 'owner' ? 'owner' : 'public'
        const url = /^([^?]*)(\?.*)?$/.exec(incoming.url ?? '/')
        const clientAddress = String(incoming.headers['x-test-address'] ?? '192.168.1.20')
        const shared = { listener, secure: false, clientAddress } as const
        const presented = toPresented(incoming)
        try {
          const principal =
            presented === undefined ? undefined : await stores.authenticator.authenticate({ presented, ...shared })
          const context: RequestContext = {
            ...shared,
            method: incoming.method ?? 'GET',
            target: { segments: [], path: url?.[1] ?? '/', search: url?.[2] ?? '' },
            principal,
          }
          own(incoming, outgoing, context)
        } catch (error) {
          outgoing.writeHead(error instanceof GateError ? error.status : 500).end()
        }
      })()
    })
    const origin = await listen(server)
    await use({
      origin,
      parts,
      facts,
      nodes,
      queue,
      folders,
      files,
      reach,
      workflows,
      guests,
      pagesDirectory,
      ask: (method, path, options = {}) => ask(origin, method, path, options),
      openEvents: (options) => openEvents(origin, options),
    })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await guests.close()
    await files.close()
    await queue.close()
  },
})
