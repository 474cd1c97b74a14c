import { z } from 'zod'
import { draftSchema, isStartPicture } from './runDraft.ts'
import type { Draft, DraftValue } from './runDraft.ts'

const prefix = 'gatehouse-run-'
const mostRuns = 24
const mostForms = 60

const runSchema = z.object({ jobId: z.string(), workflowId: z.string(), draft: draftSchema })
const memorySchema = z.object({
  forms: z.array(z.object({ workflowId: z.string(), draft: draftSchema })).catch([]),
  runs: z.array(runSchema).catch([]),
})
type RunMemory = z.infer<typeof memorySchema>
export type RememberedRun = z.infer<typeof runSchema>

const nothing: RunMemory = { forms: [], runs: [] }

/** The part of the browser's storage that is used. */
export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

/** What a person typed on this device: the last form of each workflow and what the last runs were asked with. */
export class RunNotes {
  readonly #key: string
  readonly #store: Store | undefined
  #memory: RunMemory

  constructor(accountId: string, store: Store | undefined = findStore()) {
    this.#key = `${prefix}${accountId}`
    this.#store = store
    this.#memory = read(store, this.#key)
  }

  formOf(workflowId: string): Draft | undefined {
    return this.#memory.forms.find((form) => form.workflowId === workflowId)?.draft
  }

  keepForm(workflowId: string, draft: Draft): void {
    const others = this.#memory.forms.filter((form) => form.workflowId !== workflowId)
    this.#keep({ ...this.#memory, forms: [{ workflowId, draft: { ...draft } }, ...others].slice(0, mostForms) })
  }

  runOf(jobId: string): RememberedRun | undefined {
    return this.#memory.runs.find((run) => run.jobId === jobId)
  }

  /**
   * The first remembered run of the same workflow with the very same form: ComfyUI has its result ready, and makes no
   * file anew.
   */
  sameRunAs(jobId: string): RememberedRun | undefined {
    const run = this.runOf(jobId)
    if (run === undefined) return undefined
    const isSame = (other: RememberedRun): boolean =>
      other.workflowId === run.workflowId && other.jobId !== jobId && haveSameValues(other.draft, run.draft)
    return [...this.#memory.runs].reverse().find(isSame)
  }

  keepRun(run: { readonly jobId: string; readonly workflowId: string; readonly draft: Draft }): void {
    const runs = [{ ...run, draft: { ...run.draft } }, ...this.#memory.runs].slice(0, mostRuns)
    this.#keep({ ...this.#memory, runs })
  }

  #keep(memory: RunMemory): void {
    this.#memory = memory
    try {
      this.#store?.setItem(this.#key, JSON.stringify(memory))
    } catch {
      // Storage may be full or forbidden: then it holds until the page closes.
    }
  }
}

function haveSameValues(one: Draft, other: Draft): boolean {
  const toValue = (value: DraftValue | undefined) => (isStartPicture(value) ? value.name : value)
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].every((key) => toValue(one[key]) === toValue(other[key]))
}

/** For who signs out: the next one at this device reads nothing of it. */
export function forgetRunNotes(store: Store | undefined = findStore()): void {
  if (store === undefined) return
  const keys = Array.from({ length: store.length }, (_unused, index) => store.key(index))
  for (const key of keys) if (key?.startsWith(prefix) === true) store.removeItem(key)
}

function findStore(): Store | undefined {
  try {
    return window.localStorage
  } catch {
    // Forbidden by the browser.
    return undefined
  }
}

function read(store: Store | undefined, key: string): RunMemory {
  try {
    return memorySchema.catch(nothing).parse(JSON.parse(store?.getItem(key) ?? 'null'))
  } catch {
    // Not ours, or cut off.
    return nothing
  }
}
