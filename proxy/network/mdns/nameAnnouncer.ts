import type { AnnouncedName } from '../../contract/sharing.ts'
import type { Clock } from '../../core/clock.ts'
import { NameOnLink } from './nameOnLink.ts'
import type { MdnsLink, MdnsSocket, openMdnsSocket } from './mdnsSocket.ts'
import type { NameRecords } from './mdnsMessages.ts'

/** Where a name is announced, and which addresses stand behind it there. */
export interface AnnouncedLink extends MdnsLink {
  readonly addresses: readonly string[]
}

export interface NameAnnouncerOptions {
  readonly clock: Clock
  readonly openSocket: typeof openMdnsSocket
  /** Every address of this computer: other programs here may speak for it, and are no conflict. */
  readonly ownAddresses: () => ReadonlySet<string>
  /** Milliseconds to wait before the first question: RFC 6762 section 8.1 wants them random, up to 250. */
  readonly randomMs: () => number
  /** Only a test speaks multicast DNS on another port than 5353. */
  readonly port?: number
}

/** A name without its domain and where to announce it. */
export interface WantedName {
  /** The network that this computer is in: in another one the name may be free, also at the same address. */
  readonly network?: string | undefined
  /** Empty: none. */
  readonly name: string
  readonly links: readonly AnnouncedLink[]
}

const describeTaken = (host: string): string =>
  `Another device in your network already calls itself ${host}, so this computer does not. Choose another name; the address works as before.`
const describeFailed = (host: string): string =>
  `${host} could not be announced: another program or a firewall keeps this computer from it. The address works as before.`

/**
 * Announces one name by multicast DNS (RFC 6762) as long as sharing listens. It never takes a name that somebody else
 * has, and never another one than was chosen: people would end at a stranger's door.
 */
export class NameAnnouncer {
  readonly #options: NameAnnouncerOptions
  readonly #listeners = new Set<() => void>()
  #links: readonly { readonly claim: NameOnLink; readonly socket: MdnsSocket }[] = []
  #wanted = ''
  #host = ''
  #state: AnnouncedName['state'] = 'off'
  #running = 0
  #wantedLinks: readonly AnnouncedLink[] = []
  #retry: NodeJS.Timeout | undefined
  /** Since `taken`; what is shown stays that until the name is ours. */
  #isTryingAgain = false

  constructor(options: NameAnnouncerOptions) {
    this.#options = options
  }

  /** Begins, moves or ends the announcement; the same wish again changes nothing. */
  want({ name, links, network }: WantedName): void {
    const wanted = name === '' || links.length === 0 ? '' : JSON.stringify([name, links, network])
    if (wanted === this.#wanted) return
    this.#wanted = wanted
    this.#end()
    this.#host = name === '' ? '' : `${name}.local`
    if (wanted === '') {
      this.#setState('off')
      return
    }
    this.#setState('checking')
    this.#begin(links)
  }

  describe(): AnnouncedName {
    const host = this.#host
    const problem =
      this.#state === 'taken' ? describeTaken(host) : this.#state === 'failed' ? describeFailed(host) : null
    return { state: this.#state, host, problem }
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes the name back. */
  close(): void {
    this.want({ name: '', links: [] })
  }

  #begin(links: readonly AnnouncedLink[]): void {
    this.#running += 1
    const run = this.#running
    this.#links = links.map((link) => this.#openLink(link, run))
    this.#wantedLinks = links
  }

  /** Whoever had the name may be gone; until it is known that they are, it counts as theirs. */
  #tryAgainLater(): void {
    this.#retry = setTimeout(() => {
      this.#isTryingAgain = true
      this.#begin(this.#wantedLinks)
    }, TRY_AGAIN_MS)
    this.#retry.unref()
  }

  #openLink(link: AnnouncedLink, run: number): { claim: NameOnLink; socket: MdnsSocket } {
    const records: NameRecords = { host: this.#host, addresses: link.addresses }
    const isCurrent = (): boolean => run === this.#running
    const socket = this.#options.openSocket(link, {
      opened: () => {
        if (isCurrent()) claim.begin()
      },
      message: (message, from) => {
        if (isCurrent()) claim.hear(message, from)
      },
      error: () => {
        if (isCurrent()) claim.fail()
      },
    })
    const claim: NameOnLink = new NameOnLink(records, {
      ...this.#options,
      send: (message, to) => socket.send(message, to),
      onState: () => {
        if (isCurrent()) this.#look()
      },
    })
    return { claim, socket }
  }

  /** One link on which somebody else has the name is enough: a name means one device. */
  #look(): void {
    const states = this.#links.map(({ claim }) => claim.state)
    if (states.includes('taken')) {
      this.#end()
      this.#setState('taken')
      this.#tryAgainLater()
    } else if (states.includes('announced')) this.#setState('announced')
    else if (states.length > 0 && states.every((state) => state === 'failed')) this.#setState('failed')
    else if (!this.#isTryingAgain) this.#setState('checking')
  }

  #end(): void {
    clearTimeout(this.#retry)
    this.#isTryingAgain = false
    this.#running += 1
    for (const { claim, socket } of this.#links) {
      claim.end()
      // What was just sent is still on its way out of the socket.
      setTimeout(() => socket.close(), GOODBYE_MS).unref()
    }
    this.#links = []
  }

  #setState(state: AnnouncedName['state']): void {
    if (state === this.#state && state !== 'off') return
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

const GOODBYE_MS = 200
/** After a conflict. RFC 6762 section 9 leaves open when; a device that left is gone by then. */
const TRY_AGAIN_MS = 10 * 60_000
