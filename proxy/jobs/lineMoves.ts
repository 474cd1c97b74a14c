import type { Dispatcher } from './dispatcher.ts'
import type { Job } from './job.ts'
import type { JobLedger } from './jobLedger.ts'
import { placeAmongOwn, placeBeside } from './lineOrder.ts'
import type { Beside, NewNumbers } from './lineOrder.ts'
import { compareNumbers } from './waitingLine.ts'

/** Where a job goes: before everybody's, behind its person's own others, or beside another job of the line. */
export type NewPlace = 'first' | 'last' | Beside

export interface LineMovesDependencies {
  readonly ledger: JobLedger
  readonly dispatcher: Dispatcher
  /** The jobs that wait and the one at hand, in the order in which they are served. */
  readonly readLine: () => readonly Job[]
  /** A number behind all others of a person. */
  readonly takeNumber: (accountId: string) => Promise<number>
}

/** Gives jobs other places. Nothing here asks whose they are: that was decided before. */
export class LineMoves {
  readonly #dependencies: LineMovesDependencies

  constructor(dependencies: LineMovesDependencies) {
    this.#dependencies = dependencies
  }

  /** In everybody's line. @returns false when it, or the other job, has begun, is over or is not there */
  async move(job: Job, place: NewPlace): Promise<boolean> {
    const { ledger, readLine, takeNumber } = this.#dependencies
    // As whoever moves it sees it: what comes back from the engine changes whose turn it is among the others.
    const line = typeof place === 'string' ? [] : readLine()
    if (!(await this.#bringBack(job))) return false
    if (place === 'last') return this.#renumber(new Map([[job.id, await takeNumber(job.accountId)]]))
    if (place === 'first') {
      const lowest = Math.min(0, ...ledger.list().map(({ number }) => number))
      return this.#renumber(new Map([[job.id, lowest - 1]]))
    }
    return this.#renumber(placeBeside(line.filter(isInLine), job.id, place))
  }

  /** Among its person's own only: nobody else is passed by it. @returns false as `move` does */
  async moveAmongOwn(job: Job, place: NewPlace): Promise<boolean> {
    if (!(await this.#bringBack(job))) return false
    const { dispatcher, ledger } = this.#dependencies
    const sent = ledger.ofAccount(job.accountId).find(({ status }) => status.state === 'sent')
    // What is at hand would run first whatever its number is.
    if (sent !== undefined && goesBefore(place, sent.id)) {
      await dispatcher.takeBack(sent)
    }
    const own = ledger.ofAccount(job.accountId).filter(canMove).sort(compareNumbers)
    return this.#renumber(placeAmongOwn(own, job.id, place))
  }

  async #bringBack(job: Job): Promise<boolean> {
    if (job.status.state === 'sent' && !(await this.#dependencies.dispatcher.takeBack(job))) return false
    return canMove(job)
  }

  async #renumber(numbers: NewNumbers | undefined): Promise<boolean> {
    const { dispatcher, ledger } = this.#dependencies
    if (numbers === undefined) {
      // What was taken back is handed over again.
      dispatcher.pump()
      return false
    }
    await ledger.renumber(numbers)
    dispatcher.pump()
    return true
  }
}

const goesBefore = (place: NewPlace, id: string): boolean =>
  place === 'first' || (place !== 'last' && 'before' in place && place.before === id)

const isInLine = (job: Job): boolean => canMove(job) || job.status.state === 'sent'
const canMove = ({ status: { state } }: Job): boolean => state === 'waiting' || state === 'held'
