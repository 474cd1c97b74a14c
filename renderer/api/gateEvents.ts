import { useQueryClient } from '@tanstack/react-query'
import type { Query, QueryClient, QueryKey } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { gateEventSchema } from '../../proxy/contract/events.ts'
import type { GateEvent } from '../../proxy/contract/events.ts'
import { appendLogLines } from './engineLog.ts'
import { queryKeys } from './queryKeys.ts'

type Resource = Extract<GateEvent, { type: 'changed' }>['resource']

/** Which cached answers an event makes old: a changed person also changes who can come in. */
const affectedKeys: Readonly<Record<Resource, readonly (readonly string[])[]>> = {
  certificates: [queryKeys.certificates, queryKeys.sharing, queryKeys.administration],
  comfyui: [queryKeys.comfyui, queryKeys.settings],
  sharing: [queryKeys.sharing, queryKeys.administration],
  // One's own role and name come with the session.
  users: [queryKeys.users, queryKeys.session, queryKeys.sharing],
  keys: [queryKeys.keys, queryKeys.users],
  sessions: [queryKeys.sessions, queryKeys.session, queryKeys.users],
  connections: [queryKeys.connections, queryKeys.users],
  settings: [
    queryKeys.settings,
    queryKeys.sharing,
    queryKeys.comfyui,
    queryKeys.certificates,
    queryKeys.administration,
  ],
  jobs: [queryKeys.jobs],
  progress: [queryKeys.runningJobs, queryKeys.runs],
  // What was made or removed takes or gives room.
  outputs: [queryKeys.outputs, queryKeys.folders],
  shared: [queryKeys.shared],
  folders: [queryKeys.folders],
  workflows: [queryKeys.workflows],
  drafts: [queryKeys.drafts],
  // Which classes there are, and what a role reaches by them.
  nodes: [['nodes'], ['models'], ['reach']],
  // A rule that a lockout made is shown with what waits; one may keep this computer out.
  ipRules: [queryKeys.ipRules, queryKeys.lockouts, queryKeys.sharing],
  lockouts: [queryKeys.lockouts],
  // Whoever sees people sees what their roles are called; one's own comes with the session.
  roles: [queryKeys.roles, queryKeys.users, queryKeys.session],
  invitations: [queryKeys.invitations],
  knocks: [queryKeys.knocks],
  audit: [queryKeys.auditNews],
}

/** The event in a message's data, or undefined when it is none that this page knows. */
export function parseGateEvent(data: unknown): GateEvent | undefined {
  if (typeof data !== 'string') return undefined
  try {
    return gateEventSchema.safeParse(JSON.parse(data)).data
  } catch {
    // Not JSON: a comment or a newer kind of message. The next event brings the page up to date.
    return undefined
  }
}

export function applyGateEvent(client: QueryClient, event: GateEvent): void {
  switch (event.type) {
    case 'changed':
      for (const queryKey of affectedKeys[event.resource]) readAgain(client, queryKey)
      return
    case 'log':
      // Nobody has read the log yet: these lines alone would pass for all of it.
      if (client.getQueryData(queryKeys.engineLog) !== undefined) {
        client.setQueryData(queryKeys.engineLog, (old: unknown) => appendLogLines(old, event.lines))
      }
      for (const query of underWay(client, queryKeys.engineLog)) void readAfterwards(client, query)
  }
}

const underWay = (client: QueryClient, queryKey: QueryKey): Query[] =>
  client.getQueryCache().findAll({ queryKey, predicate: ({ state }) => state.fetchStatus !== 'idle' })

/**
 * Makes answers old. One that is under way may have been written before the change and would count as fresh, so it is
 * asked for once more after it has come; it is not cut short, or a steady stream of changes would let none arrive.
 */
export function readAgain(client: QueryClient, queryKey: QueryKey): void {
  const late = underWay(client, queryKey)
  void client.invalidateQueries({ queryKey }, { cancelRefetch: false })
  for (const query of late) void readAfterwards(client, query)
}

const waiting = new WeakSet<Query>()

async function readAfterwards(client: QueryClient, query: Query): Promise<void> {
  if (waiting.has(query)) return
  waiting.add(query)
  try {
    // Joins the read that is under way.
    await query.fetch()
  } catch {
    // Its page says so; the next one is asked for all the same.
  }
  waiting.delete(query)
  await client.invalidateQueries({ queryKey: query.queryKey, exact: true }, { cancelRefetch: false })
}

/** Everything that the gate tells of: what is only this computer's business does not come by its events. */
const gateKeys: readonly QueryKey[] = [
  queryKeys.session,
  queryKeys.users,
  queryKeys.keys,
  queryKeys.sessions,
  queryKeys.connections,
  queryKeys.settings,
  queryKeys.outputs,
  queryKeys.shared,
  queryKeys.folders,
  queryKeys.comfyui,
  queryKeys.engineLog,
  queryKeys.sharing,
  queryKeys.certificates,
  queryKeys.jobs,
  queryKeys.workflows,
  queryKeys.drafts,
  queryKeys.ipRules,
  queryKeys.lockouts,
  queryKeys.invitations,
  queryKeys.knocks,
]

/** `lost`: no answer at all. `refused`: there is an answer, and it is no stream. */
export type Liveness = 'connecting' | 'live' | 'lost' | 'refused'

const firstRetryMs = 5000
const lastRetryMs = 60_000

/** How long to wait after the `refusals`-th refusal in a row. Each try is an entry in the owner's record, so they get rarer. */
export function retryDelayMs(refusals: number): number {
  return Math.min(firstRetryMs * 2 ** (refusals - 1), lastRetryMs)
}

/** So often the browser tries by itself at once; then a computer that is off, or keeps this device out, is asked rarely. */
const quickTries = 5
/** Somebody stands there and waits until the computer is back. */
const lastTryMs = 15_000

/** The part of the browser's EventSource that is used. */
interface EventStream extends Pick<EventTarget, 'addEventListener'> {
  readonly readyState: number
  close(): void
}

export interface GateEventsOptions {
  readonly client: QueryClient
  readonly onLiveness: (liveness: Liveness) => void
  readonly openStream?: () => EventStream
}

/** Keeps the cache fresh by one event stream that comes back by itself; returns how to end it. */
export function followGateEvents({ client, onLiveness, openStream = openEventSource }: GateEventsOptions): () => void {
  let stream: EventStream | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let refusals = 0
  let losses = 0
  const onMessage = (message: Event) => {
    const event = message instanceof MessageEvent ? parseGateEvent(message.data) : undefined
    if (event !== undefined) applyGateEvent(client, event)
  }
  const onOpen = () => {
    refusals = 0
    losses = 0
    onLiveness('live')
    // Whatever happened before was not told, also between the page's first reads and this moment.
    for (const queryKey of gateKeys) readAgain(client, queryKey)
  }
  const onError = () => {
    // A browser that closes was answered, with a refusal; otherwise it tries again by itself.
    const refused = stream?.readyState === closedState
    onLiveness(refused ? 'refused' : 'lost')
    // The gate ends a stream with its sign-in: whoever asks at once leaves the page at once.
    readAgain(client, queryKeys.session)
    if (refused) refusals += 1
    else losses += 1
    if (!refused && losses <= quickTries) return
    stream?.close()
    const delayMs = refused ? retryDelayMs(refusals) : Math.min(retryDelayMs(losses - quickTries), lastTryMs)
    timer = setTimeout(open, delayMs)
  }
  const open = () => {
    stream = openStream()
    for (const name of ['message', 'changed', 'log']) stream.addEventListener(name, onMessage)
    stream.addEventListener('open', onOpen)
    stream.addEventListener('error', onError)
  }
  open()
  return () => {
    clearTimeout(timer)
    stream?.close()
  }
}

/** `EventSource.CLOSED`, by its number: where tests run there is no EventSource. */
const closedState = 2

const openEventSource = (): EventStream => new EventSource('/gatehouse/api/v1/events')

/** A stream that ends comes back within a second or two: shorter than this is no news. */
const lostAfterMs = 3000

/** The event stream for as long as the page stands; says whether the gate is there. One use per page. */
export function useGateEvents(): Liveness {
  const client = useQueryClient()
  const [liveness, setLiveness] = useState<Liveness>('connecting')
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const onLiveness = (next: Liveness) => {
      if (next === 'lost') {
        timer ??= setTimeout(() => setLiveness('lost'), lostAfterMs)
        return
      }
      clearTimeout(timer)
      timer = undefined
      setLiveness(next)
    }
    const stop = followGateEvents({ client, onLiveness })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [client])
  return liveness
}
