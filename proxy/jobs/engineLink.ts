import type { JsonObject } from '../comfyui/losslessJson.ts'
import type { Job } from './job.ts'

export type SubmitAnswer =
  | { readonly kind: 'accepted' }
  /** The engine does not run it, and says why. */
  | { readonly kind: 'refused'; readonly message: string }
  /** No answer: the engine may have it or not. */
  | { readonly kind: 'unknown' }

export interface EngineQueue {
  readonly running: ReadonlySet<string>
  readonly pending: ReadonlySet<string>
  /** JSON text of the outputs that will be executed, by job. */
  readonly outputs: ReadonlyMap<string, string>
}

/** What the queue asks of the engine and of the tabs. Nothing here throws: what cannot be asked is not answered. */
export interface EngineLink {
  /** The engine's start, only while it can be asked and its events are heard. */
  bootId(): string | undefined
  /** Hands a job over. `body` is the whole JSON text of `POST /prompt` but for the client id, as members. */
  submit(job: Job, members: ReadonlyMap<string, string>): Promise<SubmitAnswer>
  readQueue(): Promise<EngineQueue | undefined>
  /** The text of `GET /history/{id}`. */
  readHistory(promptId: string): Promise<string | undefined>
  /** Takes a job out of the engine's queue, if it has not begun. */
  withdraw(promptId: string): Promise<boolean>
  interrupt(promptId: string): Promise<boolean>
  /** Takes a job out of the engine's history, which would grow with everybody's workflows. */
  forget(promptId: string): Promise<boolean>
  /** The engine does not react any more: it is ended with everything below it, and started again. */
  endHung(): Promise<void>
  /** Sends an event of the gate's own to the tab of the job. */
  tell(job: Job, type: string, data: JsonObject): void
  /** Tells the person's tabs how many of their jobs are not done. */
  tellStatus(accountId: string): void
}

/** While nothing is attached: an engine that is not there. */
export const noEngine: EngineLink = {
  bootId: () => undefined,
  submit: () => Promise.resolve({ kind: 'unknown' }),
  readQueue: () => Promise.resolve(undefined),
  readHistory: () => Promise.resolve(undefined),
  withdraw: () => Promise.resolve(false),
  interrupt: () => Promise.resolve(false),
  forget: () => Promise.resolve(false),
  endHung: () => Promise.resolve(),
  tell: () => undefined,
  tellStatus: () => undefined,
}
