import { useQueryClient } from '@tanstack/react-query'
import type { QueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { gateEventSchema } from '../../proxy/contract/events.ts'
import type { GateEvent } from '../../proxy/contract/events.ts'
import { appendLogLines } from './engineLog.ts'
import { queryKeys } from './queryKeys.ts'

type Resource = Extract<GateEvent, { type: 'changed' }>['resource']

/** Which cached answers an event makes old: a changed person also changes who can come in. */
const affectedKeys: Readonly<Record<Resource, readonly (readonly string[])[]>> = {
  comfyui: [queryKeys.comfyui, queryKeys.settings],
  sharing: [queryKeys.sharing],
  users: [queryKeys.users, queryKeys.sharing],
  keys: [queryKeys.keys, queryKeys.users],
  sessions: [queryKeys.sessions, queryKeys.users],
  connections: [queryKeys.connections, queryKeys.users],
  settings: [queryKeys.settings, queryKeys.sharing, queryKeys.comfyui],
  jobs: [queryKeys.jobs],
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
      for (const queryKey of affectedKeys[event.resource]) void client.invalidateQueries({ queryKey })
      return
    case 'log':
      client.setQueryData(queryKeys.engineLog, (old: unknown) => appendLogLines(old, event.lines))
  }
}

/** `lost`: no answer at all. `refused`: there is an answer, and it is no stream. */
export type Liveness = 'connecting' | 'live' | 'lost' | 'refused'

const refusedRetryMs = 5000

interface GateEventsOptions {
  /** Every refused try is an entry in the owner's record, so only the owner's own window goes on asking. */
  readonly retryRefused: boolean
}

/** Keeps the cache fresh by one event stream; says whether the gate is there. One use per page. */
export function useGateEvents({ retryRefused }: GateEventsOptions): Liveness {
  const client = useQueryClient()
  const [liveness, setLiveness] = useState<Liveness>('connecting')
  useEffect(() => {
    let source: EventSource | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let wasLost = false
    const onMessage = (message: MessageEvent<unknown>) => {
      const event = parseGateEvent(message.data)
      if (event !== undefined) applyGateEvent(client, event)
    }
    const open = () => {
      source = new EventSource('/gatehouse/api/v1/events')
      source.onmessage = onMessage
      source.addEventListener('changed', onMessage)
      source.addEventListener('log', onMessage)
      source.onopen = () => {
        setLiveness('live')
        // Whatever happened meanwhile was not told.
        if (wasLost) void client.invalidateQueries()
        wasLost = false
      }
      source.onerror = () => {
        wasLost = true
        // A browser that closes was answered, with a refusal: the session has ended, or the stream is not for this person.
        const refused = source?.readyState === EventSource.CLOSED
        setLiveness(refused ? 'refused' : 'lost')
        if (!refused) return
        void client.invalidateQueries({ queryKey: queryKeys.session })
        if (retryRefused) timer = setTimeout(open, refusedRetryMs)
      }
    }
    open()
    return () => {
      clearTimeout(timer)
      source?.close()
    }
  }, [client, retryRefused])
  return liveness
}
