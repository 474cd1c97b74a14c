import type { z } from 'zod'
import type { WorkflowDraft, saveDraftSchema } from '../contract/workflowDrafts.ts'
import { draftLifetimeMs } from '../contract/workflowDrafts.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'

/** As many administrators can have one at a time; the oldest makes room. */
const MAX_DRAFTS = 16

interface DraftAuthor {
  readonly accountId: string
  readonly name: string
  readonly fromApp: boolean
}

/** Drafts that wait for the owner's word: one for each account, for an hour, gone with the program. */
export class WorkflowDrafts {
  readonly #clock: Clock
  readonly #random: Random
  readonly #drafts = new Map<string, WorkflowDraft>()
  readonly #listeners = new Set<(accountId: string) => void>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** Takes the place of this person's earlier one. */
  save({ name, prompt, canvas }: z.output<typeof saveDraftSchema>, author: DraftAuthor): WorkflowDraft {
    const { accountId, fromApp } = author
    this.#drop((draft) => draft.by.id === accountId)
    const [oldest] = this.#drafts.keys()
    if (this.#drafts.size >= MAX_DRAFTS && oldest !== undefined) this.#drafts.delete(oldest)
    const draft: WorkflowDraft = {
      id: this.#random.id(16),
      name,
      by: { id: accountId, name: author.name },
      savedAt: new Date(this.#clock.nowMs()).toISOString(),
      fromApp,
      nodes: Object.keys(prompt).length,
      prompt,
      canvas,
    }
    this.#drafts.set(draft.id, draft)
    this.#tell(accountId)
    return draft
  }

  /** The newest first. */
  list(): WorkflowDraft[] {
    const oldestMs = this.#clock.nowMs() - draftLifetimeMs
    this.#drop((draft) => Date.parse(draft.savedAt) <= oldestMs)
    return [...this.#drafts.values()].reverse()
  }

  find(id: string): WorkflowDraft | undefined {
    return this.list().find((draft) => draft.id === id)
  }

  remove(id: string): void {
    const draft = this.find(id)
    if (draft === undefined) return
    this.#drafts.delete(id)
    this.#tell(draft.by.id)
  }

  /** Told whose draft came or went. */
  onChange(listener: (accountId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #drop(isOver: (draft: WorkflowDraft) => boolean): void {
    for (const draft of [...this.#drafts.values()]) if (isOver(draft)) this.#drafts.delete(draft.id)
  }

  #tell(accountId: string): void {
    for (const listener of this.#listeners) listener(accountId)
  }
}
