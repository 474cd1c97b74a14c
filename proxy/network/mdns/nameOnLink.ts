import { performance } from 'node:perf_hooks'
import type { Clock } from '../../core/clock.ts'
import type { MdnsQuery, MdnsResponse, NameRecords } from './mdnsMessages.ts'
import { compareProposals, parseMessage, toAnnouncement, toGoodbye, toLegacyAnswer, toProbe } from './mdnsMessages.ts'
import { MDNS_PORT } from './mdnsSocket.ts'

interface Sender {
  readonly address: string
  readonly port: number
}

export interface NameOnLinkOptions {
  readonly clock: Clock
  readonly ownAddresses: () => ReadonlySet<string>
  readonly randomMs: () => number
  readonly send: (message: Buffer, to?: Sender) => void
  readonly onState: () => void
  /** The port from which multicast DNS is spoken; another one asks as an ordinary program does. */
  readonly port?: number
}

/** RFC 6762 section 8.1: three questions, a quarter of a second apart. */
const PROBES = 3
const PROBE_GAP_MS = 250
/** Section 8.2: whoever gave way at the same moment looks again after a second. */
const GIVE_WAY_MS = 1000
const MAX_GIVING_WAY = 5
/** A device that claims the name again and again has it. */
const MAX_DISPUTES = 3
/** Section 8.3: the announcement is said twice. */
const SECOND_ANNOUNCEMENT_MS = 1000
/** Section 6: one answer a second. */
const ANSWER_GAP_MS = 1000
/** Somebody who probes for our name must hear of it before they take it: at most this often. */
const DEFENCE_GAP_MS = 250
/** A flood must cost no more than reading so many messages a second, */
const MESSAGES_PER_SECOND = 100
/**
 * nor more than so long: names that point at names make one message cost as much as thousands. Counted over some
 * seconds, so that a busy computer, which stands still for a moment, does not pass for a flood.
 */
const READING_MS_PER_WINDOW = 100
const READING_WINDOW_SECONDS = 5

const toWindow = (second: number): number => Math.floor(second / READING_WINDOW_SECONDS)

type LinkState = 'checking' | 'announced' | 'taken' | 'failed'

/** One name on one network card: is it free, it is mine, goodbye. */
export class NameOnLink {
  readonly #records: NameRecords
  readonly #options: NameOnLinkOptions
  #state: LinkState = 'checking'
  #timer: NodeJS.Timeout | undefined
  #probesLeft = PROBES
  #gaveWay = 0
  #disputes = 0
  #answeredAtMs = -Infinity
  #legacyAtMs = -Infinity
  #readInSecond = 0
  #readingMs = 0
  #second = 0

  constructor(records: NameRecords, options: NameOnLinkOptions) {
    this.#records = records
    this.#options = options
  }

  get state(): LinkState {
    return this.#state
  }

  /** The socket is open: asks whether somebody has the name. */
  begin(): void {
    this.#probesLeft = PROBES
    this.#in(this.#options.randomMs(), () => this.#probe())
  }

  hear(message: Buffer, from: Sender): void {
    if (this.#state === 'taken' || this.#state === 'failed' || !this.#mayRead()) return
    const begunMs = performance.now()
    const heard = parseMessage(message, this.#records.host)
    this.#readingMs += performance.now() - begunMs
    if (heard === undefined) return
    if (heard.kind === 'response') this.#hearResponse(heard)
    else this.#hearQuery(heard, from)
  }

  fail(): void {
    this.#set('failed')
  }

  /** Says goodbye if others were told of the name. */
  end(): void {
    if (this.#state === 'announced') this.#options.send(toGoodbye(this.#records))
    clearTimeout(this.#timer)
    this.#state = 'failed'
  }

  #mayRead(): boolean {
    const second = Math.floor(this.#options.clock.nowMs() / 1000)
    if (second !== this.#second) this.#readInSecond = 0
    if (toWindow(second) !== toWindow(this.#second)) this.#readingMs = 0
    this.#second = second
    this.#readInSecond += 1
    return this.#readInSecond <= MESSAGES_PER_SECOND && this.#readingMs < READING_MS_PER_WINDOW
  }

  #probe(): void {
    if (this.#probesLeft === 0) {
      this.#announce()
      return
    }
    this.#probesLeft -= 1
    this.#options.send(toProbe(this.#records))
    this.#in(PROBE_GAP_MS, () => this.#probe())
  }

  #announce(): void {
    this.#answer()
    this.#in(SECOND_ANNOUNCEMENT_MS, () => this.#answer())
    this.#set('announced')
  }

  #answer(): void {
    this.#answeredAtMs = this.#options.clock.nowMs()
    this.#options.send(toAnnouncement(this.#records))
  }

  #hearResponse({ addresses }: MdnsResponse): void {
    if (!this.#isStrange(addresses)) return
    if (this.#state === 'announced' && this.#disputes < MAX_DISPUTES) {
      this.#disputes += 1
      // Section 9: perhaps an old answer of somebody who is gone. Whoever still has it says so again now.
      this.#options.send(toGoodbye(this.#records))
      this.#set('checking')
      this.begin()
      return
    }
    if (this.#state === 'announced') this.#options.send(toGoodbye(this.#records))
    clearTimeout(this.#timer)
    this.#set('taken')
  }

  #hearQuery(query: MdnsQuery, from: Sender): void {
    if (this.#state === 'announced') this.#answerQuery(query, from)
    else if (this.#isStrange(query.proposed)) this.#meet(query.proposed)
  }

  /** Somebody else asks for the same name at the same moment. */
  #meet(proposed: readonly string[]): void {
    if (compareProposals(this.#records.addresses, proposed) >= 0) return
    this.#gaveWay += 1
    if (this.#gaveWay > MAX_GIVING_WAY) {
      clearTimeout(this.#timer)
      this.#set('taken')
      return
    }
    this.#probesLeft = PROBES
    this.#in(GIVE_WAY_MS, () => this.#probe())
  }

  #answerQuery(query: MdnsQuery, from: Sender): void {
    const now = this.#options.clock.nowMs()
    if (from.port !== (this.#options.port ?? MDNS_PORT)) {
      if (now - this.#legacyAtMs < ANSWER_GAP_MS / 10) return
      this.#legacyAtMs = now
      this.#options.send(toLegacyAnswer(this.#records, query), from)
      return
    }
    const gap = query.proposed.length > 0 ? DEFENCE_GAP_MS : ANSWER_GAP_MS
    if (now - this.#answeredAtMs >= gap) this.#answer()
  }

  /** Other programs of this computer may announce its addresses under the same name: that is no conflict. */
  #isStrange(addresses: readonly string[]): boolean {
    const own = this.#options.ownAddresses()
    return addresses.some((address) => !own.has(address) && !this.#records.addresses.includes(address))
  }

  #in(delayMs: number, action: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(action, delayMs)
    this.#timer.unref()
  }

  #set(state: LinkState): void {
    if (state === this.#state) return
    this.#state = state
    this.#options.onState()
  }
}
