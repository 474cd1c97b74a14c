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
const WAITING_BYTES = 16 * 1024 * 1024
const WAITING_TABS = 64

const sizeOf = ({ bytes }: Outgoing): number => (typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length)

/** The open tabs, by person, and for a short while the messages of tabs that are about to open. */
export class TabDirectory {
  readonly #clock: Clock
  readonly #byAccount = new Map<string, Set<Tab>>()
  readonly #waiting = new Map<string, Waiting>()

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
    if (!sent) this.#keep(`${accountId} ${sid}`, forLater)
  }

  /** The messages that waited for this tab, in their order; they wait no longer. */
  takeWaiting(accountId: string, sid: string): readonly Outgoing[] {
    this.#forgetOld()
    const key = `${accountId} ${sid}`
    const waiting = this.#waiting.get(key)
    this.#waiting.delete(key)
    return waiting?.messages ?? []
  }

  forgetWaiting(): void {
    this.#waiting.clear()
  }

  #keep(key: string, message: Outgoing): void {
    this.#forgetOld()
    const waiting = this.#waiting.get(key) ?? { messages: [], bytes: 0, lastAtMs: 0 }
    waiting.messages.push(message)
    waiting.bytes += sizeOf(message)
    waiting.lastAtMs = this.#clock.nowMs()
    while (waiting.messages.length > WAITING_MESSAGES || waiting.bytes > WAITING_BYTES) dropOne(waiting)
    // Moved to the end: the first key is the one that was quiet longest.
    this.#waiting.delete(key)
    this.#waiting.set(key, waiting)
    const [quietest] = this.#waiting.keys()
    if (this.#waiting.size > WAITING_TABS && quietest !== undefined) this.#waiting.delete(quietest)
  }

  #forgetOld(): void {
    const oldest = this.#clock.nowMs() - WAIT_MS
    for (const [key, { lastAtMs }] of this.#waiting) if (lastAtMs < oldest) this.#waiting.delete(key)
  }
}

/** The oldest preview goes first, then the oldest message. */
function dropOne(waiting: Waiting): void {
  const preview = waiting.messages.findIndex((message) => message.preview)
  const [dropped] = waiting.messages.splice(Math.max(preview, 0), 1)
  if (dropped !== undefined) waiting.bytes -= sizeOf(dropped)
}
