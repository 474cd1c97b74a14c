import type { Kysely } from 'kysely'
import type { AuditSink } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import { knockGuestHours, knockingMs, knockMs } from '../contract/knocks.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import { HOUR_MS } from '../core/time.ts'
import type { Schema } from '../database/schema.ts'
import { findLookAlike } from './accountRows.ts'
import type { Account } from './account.ts'
import type { AccountStore } from './accountStore.ts'
import type { ActedBy } from './actedBy.ts'
import { describeDevice } from './deviceName.ts'
import { DoorBook } from './doorBook.ts'
import type { Knock, KnockRequest } from './doorBook.ts'
import type { Guests } from './guests.ts'
import { cleanKnockName } from './knockName.ts'
import { isReservedName } from './lookAlikes.ts'
import type { Passwords } from './passwords.ts'
import type { Session, SessionStore } from './sessionStore.ts'

export interface KnocksOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditSink
  readonly logger: Logger
  readonly accounts: Pick<AccountStore, 'create' | 'get'>
  readonly sessions: Pick<SessionStore, 'open' | 'wasUsed'>
  readonly guests: Pick<Guests, 'welcome'>
  readonly passwords: Pick<Passwords, 'set'>
}

/** Whose browser asks. */
export interface KnockPoll {
  readonly secret: string
  readonly clientAddress: string
  readonly secure: boolean
  readonly userAgent: string | undefined
}

export type PollAnswer =
  | { readonly state: 'over' | 'refused' }
  | { readonly state: 'waiting'; readonly endsAtMs: number }
  | {
      readonly state: 'letIn'
      readonly token: string
      readonly session: Session
      readonly account: Account
      readonly mayChoosePassword: boolean
    }

type LetIn = Extract<Knock['state'], { readonly kind: 'letIn' }>

interface Entered {
  readonly token: string
  readonly session: Session
  readonly account: Account
}

export interface ListedKnock extends Pick<
  Knock,
  'id' | 'name' | 'device' | 'address' | 'askedAtMs' | 'endsAtMs' | 'choices'
> {
  readonly looksLike: string | undefined
}

export type KnockDecision = { readonly letIn: 'no' } | { readonly letIn: 'user' | 'guest'; readonly words: string }

/** How long somebody who was let in may still fetch it, and choose a password. */
const PICK_UP_MS = 60_000
const CHOOSING_MS = 10 * 60_000

/**
 * The knock at the door: somebody without an account asks, the owner compares words and lets them in or not. In memory
 * only, and only for ten minutes at a time.
 */
export class Knocks {
  readonly #options: KnocksOptions
  readonly #book: DoorBook
  readonly #listeners = new Set<() => void>()
  #openUntilMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: KnocksOptions) {
    this.#options = options
    this.#book = new DoorBook(options.clock, options.random)
  }

  /** Until when people may knock; undefined: they may not. */
  get openUntilMs(): number | undefined {
    return this.#openUntilMs > this.#now() ? this.#openUntilMs : undefined
  }

  /** How many wait at the door. */
  get waitingCount(): number {
    return this.#book.waiting().length
  }

  /** Who waits, by an id that says nothing of them. */
  waitingIds(): readonly string[] {
    return this.#book.waiting().map(({ id }) => id)
  }

  /** Lets people knock for ten minutes from now, or no longer: then those who wait are sent away. */
  setOpen(isOpen: boolean, by: ActedBy): void {
    this.#openUntilMs = isOpen ? this.#now() + knockingMs : 0
    if (!isOpen) this.#book.clear()
    this.#options.audit.record({ ...by, event: 'knocking.changed', details: { on: isOpen } })
    this.#changed()
  }

  /**
   * A no to everybody at the door at once, when somebody with many addresses fills it: their places are free for others,
   * and they cannot ask again while it stays open.
   */
  sendAllAway(by: ActedBy): void {
    const people = this.#book.sendAllAway()
    if (people > 0) {
      this.#options.audit.record({ ...by, event: 'knock.answered', details: { answer: 'all refused', people } })
    }
    this.#changed()
  }

  /** @throws GateError PERMISSION_DENIED while nobody may knock, VALIDATION_FAILED, RATE_LIMITED, QUOTA_EXCEEDED */
  ask(request: KnockRequest): { secret: string; words: string; endsAtMs: number } {
    if (this.openUntilMs === undefined) throw new GateError('PERMISSION_DENIED', 'Nobody can be asked right now.')
    const { secret, knock } = this.#book.add({ ...request, name: cleanKnockName(request.name) })
    // Not the name: people type passwords wherever there is a field.
    this.#options.audit.record({
      event: 'knock.received',
      actor: { kind: 'unknown' },
      address: request.clientAddress,
      details: { device: knock.device },
    })
    this.#changed()
    return { secret, words: knock.words, endsAtMs: knock.endsAtMs }
  }

  /** Who waits, as the owner sees it. */
  async list(): Promise<ListedKnock[]> {
    return Promise.all(
      this.#book.waiting().map(async ({ id, name, device, address, askedAtMs, endsAtMs, choices }) => {
        const looksLike = await this.#findAlike(name)
        return { id, name, device, address, askedAtMs, endsAtMs, choices, looksLike }
      }),
    )
  }

  /**
   * The owner's answer. Wrong words are a refusal: whoever knocked is not whom she looked at.
   * @throws GateError NOT_FOUND when nobody waits any more, ALREADY_EXISTS for a name that looks like somebody's; they
   * wait on then
   */
  async answer(id: string, decision: KnockDecision, by: ActedBy): Promise<'letIn' | 'refused'> {
    const seen = this.#book.findWaiting(id)
    const alike = decision.letIn === 'user' && seen !== undefined ? await this.#findAlike(seen.name) : undefined
    const knock = this.#book.findWaiting(id)
    if (knock === undefined) throw new GateError('NOT_FOUND', 'Nobody waits there any more.')
    const isRight = decision.letIn !== 'no' && decision.words === knock.words
    if (!isRight) {
      knock.state = { kind: 'refused' }
      knock.endsAtMs = this.#now() + knockMs
      this.#answered(knock, by, decision.letIn === 'no' ? 'refused' : 'wrong words')
      return 'refused'
    }
    if (alike !== undefined) {
      throw new GateError(
        'ALREADY_EXISTS',
        `That name looks like “${alike}”. Let them in as a guest, or ask for another name.`,
      )
    }
    knock.state = { kind: 'granted', as: decision.letIn, by }
    knock.endsAtMs = this.#now() + PICK_UP_MS
    this.#answered(knock, by, decision.letIn)
    return 'letIn'
  }

  /**
   * What the browser that knocked hears. The first time after it was let in, the account is made, with the right of whoever
   * let them in as it is then, and a session is opened for that browser.
   */
  async poll(request: KnockPoll): Promise<PollAnswer> {
    const knock = this.#book.findBySecret(request.secret, request.clientAddress, request.secure)
    if (knock === undefined) return { state: 'over' }
    const { state } = knock
    if (state.kind === 'waiting') return { state: 'waiting', endsAtMs: knock.endsAtMs }
    if (state.kind === 'refused') return { state: 'refused' }
    // Nothing is awaited before this: of two that fetch it at once, one does.
    knock.state = { kind: 'refused' }
    try {
      if (state.kind === 'letIn') return await this.#answerAgain(knock, state, request)
      const entered =
        state.as === 'guest' ? await this.#welcomeGuest(request) : await this.#welcomeUser(knock, state.by, request)
      knock.endsAtMs = this.#now() + CHOOSING_MS
      const once = { againUntilMs: this.#now() + PICK_UP_MS, mayChoosePassword: state.as === 'user' }
      return this.#answerLetIn(knock, entered, once)
    } catch (error) {
      if (error instanceof GateError) return { state: 'refused' }
      throw error
    }
  }

  /**
   * The browser that knocked no longer wants to come in, also when it was let in this moment and has not heard of it.
   * @throws GateError NOT_FOUND when nobody waits there any more
   */
  withdraw({ secret, clientAddress, secure }: Omit<KnockPoll, 'userAgent'>): void {
    const knock = this.#book.findBySecret(secret, clientAddress, secure)
    if (knock === undefined || (knock.state.kind !== 'waiting' && knock.state.kind !== 'granted')) {
      throw new GateError('NOT_FOUND', 'Nobody waits there any more.')
    }
    this.#book.withdraw(knock)
    this.#options.audit.record({
      event: 'knock.withdrawn',
      actor: { kind: 'unknown' },
      address: knock.address,
      details: { device: knock.device },
    })
    this.#changed()
  }

  /**
   * The first password of somebody who was just let in, by the browser that knocked: nobody else knows its secret, other
   * scripts of the page's origin neither.
   * @throws GateError PERMISSION_DENIED, PASSWORD_TOO_WEAK
   */
  async choosePassword(
    request: KnockPoll & { readonly password: string; readonly sessionId: string },
    by: ActedBy,
  ): Promise<void> {
    const state = this.#book.findBySecret(request.secret, request.clientAddress, request.secure)?.state
    const isTheirs = state?.kind === 'letIn' && state.mayChoosePassword && state.accountId === by.authority?.accountId
    if (!isTheirs)
      throw new GateError('PERMISSION_DENIED', 'That is not possible any more. Ask the owner for a new password.')
    await this.#options.passwords.set(state.accountId, request.password, by, request.sessionId)
    state.mayChoosePassword = false
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  async #welcomeUser(knock: Knock, by: ActedBy, request: KnockPoll): Promise<Entered> {
    const account = await this.#options.accounts.create({ name: knock.name, role: 'user', isChosenName: true }, by)
    return this.#open(account, request)
  }

  async #open(
    account: Account,
    { secure, clientAddress: address, userAgent }: KnockPoll,
    replaces?: string,
  ): Promise<Entered> {
    const device = describeDevice(userAgent)
    const by = { actor: { kind: 'account', id: account.id, name: account.name }, address } as const
    const wanted = {
      accountId: account.id,
      surface: 'people',
      fromOwnerWindow: false,
      secure,
      device,
      address,
    } as const
    const opened = await this.#options.sessions.open({ ...wanted, ...(replaces !== undefined && { replaces }) }, by)
    return { ...opened, account }
  }

  #answerLetIn(
    knock: Knock,
    entered: Entered,
    { againUntilMs, mayChoosePassword }: Pick<LetIn, 'againUntilMs' | 'mayChoosePassword'>,
  ): PollAnswer {
    const { account, session } = entered
    knock.state = { kind: 'letIn', accountId: account.id, sessionId: session.id, againUntilMs, mayChoosePassword }
    return { state: 'letIn', ...entered, mayChoosePassword }
  }

  /**
   * An answer can get lost on its way to a phone. Within a minute of the first, and as long as nothing was asked with its
   * session, the browser that knocked is given another one instead: asking again makes that minute no longer.
   */
  async #answerAgain(knock: Knock, letIn: LetIn, request: KnockPoll): Promise<PollAnswer> {
    const { accounts, sessions } = this.#options
    if (this.#now() >= letIn.againUntilMs || (await sessions.wasUsed(letIn.sessionId))) {
      knock.state = letIn
      return { state: 'over' }
    }
    const account = await accounts.get(letIn.accountId)
    return this.#answerLetIn(knock, await this.#open(account, request, letIn.sessionId), letIn)
  }

  #welcomeGuest({ clientAddress, secure, userAgent }: KnockPoll) {
    return this.#options.guests.welcome({ clientAddress, secure, userAgent }, this.#now() + knockGuestHours * HOUR_MS)
  }

  async #findAlike(name: string): Promise<string | undefined> {
    if (isReservedName(name)) return name
    return findLookAlike(this.#options.kysely, name)
  }

  #answered(knock: Knock, by: ActedBy, answer: string): void {
    const details = { answer, from: knock.address, device: knock.device }
    this.#options.audit.record({ ...by, event: 'knock.answered', details })
    this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
    this.#schedule()
  }

  /** What ends by itself is told, too. */
  #schedule(): void {
    clearTimeout(this.#timer)
    const now = this.#now()
    const ends = [this.openUntilMs, this.#book.nextEndMs()].flatMap((endMs) => (endMs === undefined ? [] : [endMs]))
    if (ends.length === 0) return
    this.#timer = setTimeout(() => this.#changed(), Math.max(100, Math.min(...ends) - now + 50))
    this.#timer.unref()
  }

  #now(): number {
    return this.#options.clock.nowMs()
  }
}
