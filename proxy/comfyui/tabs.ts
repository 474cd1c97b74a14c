import type { Clock } from '../core/clock.ts'

/** What is sent to a tab. */
export interface Outgoing {
  readonly bytes: Buffer | string
  readonly binary: boolean
  /** May be dropped when the tab reads slowly. */
  readonly preview: boolean
}

/** One open WebSocket of a person. */
export interface Tab {
  readonly accountId: string
  /** The tab's own id, unique within the account only; two sockets may carry the same. */
  readonly sid: string
  readonly administrator: boolean
  readonly takesMetadata: boolean
  wantsLogs: boolean
  send(message: Outgoing): void
}

interface Waiting {
  readonly messages: Outgoing[]
  bytes: number
  lastAtMs: number
}

/** For a tab that opens its socket just after it sent its prompt, or that is being reloaded. */
const WAIT_MS = 30_000
const WAITING_MESSAGES = 256
/** Of one account: nobody fills the memory with events of tabs that never open, or pushes out other people's. */
const WAITING_BYTES = 16 * 1024 * 1024
const WAITING_TABS = 16

const sizeOf = ({ bytes }: Outgoing): number => (typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length)

/** The open tabs, by person, and for a short while the messages of tabs that are about to open. */
export class TabDirectory {
  readonly #clock: Clock
  readonly #byAccount = new Map<string, Set<Tab>>()
  /** By account, then by the tab's id, the quietest first. */
  readonly #waiting = new Map<string, Map<string, Waiting>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(tab: Tab): void {
    const tabs = this.#byAccount.get(tab.accountId)
    if (tabs === undefined) this.#byAccount.set(tab.accountId, new Set([tab]))
    else tabs.add(tab)
  }

  remove(tab: Tab): void {
    const tabs = this.#byAccount.get(tab.accountId)
    tabs?.delete(tab)
    if (tabs?.size === 0) this.#byAccount.delete(tab.accountId)
  }

  ofAccount(accountId: string): readonly Tab[] {
    return [...(this.#byAccount.get(accountId) ?? [])]
  }

  all(): readonly Tab[] {
    return [...this.#byAccount.values()].flatMap((tabs) => [...tabs])
  }

  /** Sends to every socket with this id, or keeps the message for one that opens soon. */
  sendTo(accountId: string, sid: string, message: (tab: Tab) => Outgoing, forLater: Outgoing): void {
    let sent = false
    for (const tab of this.#byAccount.get(accountId) ?? []) {
      if (tab.sid !== sid) continue
      tab.send(message(tab))
      sent = true
    }
    if (!sent) this.#keep(accountId, sid, forLater)
  }

  /** The messages that waited for this tab, in their order; they wait no longer. */
  takeWaiting(accountId: string, sid: string): readonly Outgoing[] {
    this.#forgetOld()
    const own = this.#waiting.get(accountId)
    const waiting = own?.get(sid)
    own?.delete(sid)
    return waiting?.messages ?? []
  }

  forgetWaiting(): void {
    this.#waiting.clear()
  }

  #keep(accountId: string, sid: string, message: Outgoing): void {
    this.#forgetOld()
    const own = this.#waiting.get(accountId) ?? new Map<string, Waiting>()
    this.#waiting.set(accountId, own)
    const waiting = own.get(sid) ?? { messages: [], bytes: 0, lastAtMs: 0 }
    waiting.messages.push(message)
    waiting.bytes += sizeOf(message)
    waiting.lastAtMs = this.#clock.nowMs()
    while (waiting.messages.length > WAITING_MESSAGES) dropOne(waiting)
    // Moved to the end: the first is the one that was quiet longest.
    own.delete(sid)
    own.set(sid, waiting)
    while (own.size > WAITING_TABS || bytesOf(own) > WAITING_BYTES) {
      const [quietest] = own.keys()
      if (own.size > 1 && quietest !== undefined) own.delete(quietest)
      else dropOne(waiting)
    }
  }

  #forgetOld(): void {
    const oldest = this.#clock.nowMs() - WAIT_MS
    for (const [accountId, own] of this.#waiting) {
      for (const [sid, { lastAtMs }] of own) if (lastAtMs < oldest) own.delete(sid)
      if (own.size === 0) this.#waiting.delete(accountId)
    }
  }
}

function bytesOf(own: ReadonlyMap<string, Waiting>): number {
  let bytes = 0
  for (const waiting of own.values()) bytes += waiting.bytes
  return bytes
}

/** The oldest preview goes first, then the oldest message. */
function dropOne(waiting: Waiting): void {
  const preview = waiting.messages.findIndex((message) => message.preview)
  const [dropped] = waiting.messages.splice(Math.max(preview, 0), 1)
  if (dropped !== undefined) waiting.bytes -= sizeOf(dropped)
}
