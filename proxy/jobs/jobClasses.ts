import { isObject, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { Job } from './job.ts'
import type { JobStore } from './jobStore.ts'

/** Which classes of nodes a job runs: read from its text once, and asked whenever rules change. */
export class JobClasses {
  readonly #store: Pick<JobStore, 'findBody'>
  readonly #known = new WeakMap<object, readonly string[]>()

  constructor(store: Pick<JobStore, 'findBody'>) {
    this.#store = store
  }

  /** Nothing for a job whose text is gone: it cannot run. */
  async of(job: Pick<Job, 'id'>): Promise<readonly string[]> {
    const known = this.#known.get(job)
    if (known !== undefined) return known
    const body = await this.#store.findBody(job.id)
    const classes = body === undefined ? [] : readClasses(body.prompt)
    this.#known.set(job, classes)
    return classes
  }
}

function readClasses(prompt: string): string[] {
  const nodes = parseLosslessJson(prompt)
  const names = isObject(nodes) ? [...nodes.values()].map((node) => isObject(node) && node.get('class_type')) : []
  return [...new Set(names.filter((name) => typeof name === 'string'))]
}
