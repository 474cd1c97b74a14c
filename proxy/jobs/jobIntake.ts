import { findWorkflowId } from '../comfyui/jobsView.ts'
import { formatLosslessJson } from '../comfyui/losslessJson.ts'
import { redactSecrets, withoutSecrets } from '../comfyui/secretText.ts'
import type { JobUse } from '../contract/jobs.ts'
import { isActive, newJobMemory } from './job.ts'
import type { Job, JobBody } from './job.ts'
import type { JobLedger } from './jobLedger.ts'
import { checkBytes } from './jobBounds.ts'
import { checkLimits, checkVisits, dayOf, limitsOf } from './jobLimits.ts'
import type { JobOrder, JobQueueDependencies } from './jobQueueTypes.ts'
import { largestMegapixels, shapeOf } from './jobShape.ts'
import { bytesOf } from './jobStore.ts'
import { titleOf } from './jobTitle.ts'

/** Of a workflow of which nothing is known, on a computer of which nothing is known. */
const UNKNOWN_RUN_SECONDS = 20

/** Accepts jobs: within the person's limits, under an id of their own, on disk before anybody is told. */
export class JobIntake {
  readonly #dependencies: JobQueueDependencies
  readonly #ledger: JobLedger
  /** Accepted and not on disk yet: they count. */
  readonly #arriving = new Set<{ readonly accountId: string; readonly bytes: number }>()
  /** Each person's own: a common one would tell how much the others do. */
  readonly #nextNumbers = new Map<string, number>()

  constructor(dependencies: JobQueueDependencies, ledger: JobLedger) {
    this.#dependencies = dependencies
    this.#ledger = ledger
  }

  /**
   * Whether the person may send this now. Asked before the dear part of checking a prompt, and again by `accept`.
   * @throws GateError QUOTA_EXCEEDED, or BAD_REQUEST for a workflow that is too large, in words
   */
  async checkLimits(order: Pick<JobOrder, 'accountId' | 'role' | 'nodes'>, bytes: number): Promise<void> {
    await this.#dependencies.room?.checkPrompt(order.accountId)
    await this.#checkVisits(order)
    this.#checkUse(order, await this.#readUse(order.accountId))
    this.#checkBytes(order, bytes)
  }

  /**
   * Accepts a job; it is on disk when this resolves.
   * @throws GateError as `checkLimits`; nothing was kept then
   */
  async accept(order: JobOrder): Promise<{ id: string; number: number }> {
    const bodies = toBodies(order)
    await this.#dependencies.room?.checkPrompt(order.accountId)
    await this.#checkVisits(order)
    const use = await this.#readUse(order.accountId)
    // No other job may come between the question and the count.
    this.#checkUse(order, use)
    this.#checkBytes(order, bodies.bytes)
    const arrival = { accountId: order.accountId, bytes: bodies.bytes }
    this.#arriving.add(arrival)
    try {
      return await this.#keep(order, bodies)
    } finally {
      this.#arriving.delete(arrival)
    }
  }

  /** What the person may use and has used today. */
  async describeUse({ accountId, role }: Pick<JobOrder, 'accountId' | 'role'>): Promise<JobUse> {
    const { clock, settings } = this.#dependencies
    const use = await this.#readUse(accountId)
    return {
      limits: limitsOf(settings, accountId, role),
      queued: this.#ledger.ofAccount(accountId).filter(isActive).length,
      jobsToday: use.jobs,
      gpuMinutesToday: Math.round(use.runMs / 600) / 100,
      resetsAt: new Date(dayOf(clock.nowMs()).endsAtMs).toISOString(),
    }
  }

  #readUse(accountId: string): Promise<{ jobs: number; runMs: number }> {
    const { clock, store } = this.#dependencies
    return store.readUse(accountId, dayOf(clock.nowMs()).startsAtMs)
  }

  async #checkVisits({ accountId, role }: Pick<JobOrder, 'accountId' | 'role'>): Promise<void> {
    if (role !== 'guest') return
    const { clock, settings, store } = this.#dependencies
    const nowMs = clock.nowMs()
    const { startsAtMs, endsAtMs: dayEndsAtMs } = dayOf(nowMs)
    const use = await store.visits.readUse(accountId, startsAtMs)
    if (use === undefined) return
    checkVisits(limitsOf(settings, accountId, role), settings.get('guests.perAddress'), { ...use, dayEndsAtMs, nowMs })
  }

  #checkUse(
    { accountId, role, nodes }: Pick<JobOrder, 'accountId' | 'role' | 'nodes'>,
    use: { readonly jobs: number; readonly runMs: number },
  ): void {
    const { clock, settings } = this.#dependencies
    const nowMs = clock.nowMs()
    const arriving = [...this.#arriving].filter((job) => job.accountId === accountId).length
    checkLimits(limitsOf(settings, accountId, role), {
      queued: this.#ledger.ofAccount(accountId).filter(isActive).length + arriving,
      jobsToday: use.jobs + arriving,
      gpuMsToday: use.runMs,
      nodes: nodes.size,
      megapixels: largestMegapixels(nodes),
      dayEndsAtMs: dayOf(nowMs).endsAtMs,
      nowMs,
    })
  }

  #checkBytes({ accountId }: Pick<JobOrder, 'accountId'>, asked: number): void {
    const all = [...this.#ledger.list(), ...this.#arriving]
    const sum = (jobs: readonly { readonly bytes: number }[]): number =>
      jobs.reduce((total, job) => total + job.bytes, 0)
    checkBytes({ asked, own: sum(all.filter((job) => job.accountId === accountId)), all: sum(all) })
  }

  async #keep(order: JobOrder, { body, secretBody, bytes }: Bodies): Promise<{ id: string; number: number }> {
    const shape = shapeOf(order.nodes)
    const expectedSeconds = await this.expectSeconds(shape)
    const next = await this.takeNumber(order.accountId)
    for (let wanted = order.wantedId; ; wanted = undefined) {
      const id = wanted ?? this.#dependencies.random.uuid()
      const job = {
        ...this.#toJob(order, id, next, shape),
        expectedSeconds,
        secretBody,
        hasSecrets: secretBody !== undefined,
        bytes,
      }
      if (!(await this.#ledger.add(job, body))) continue
      return { id, number: job.number }
    }
  }

  #toJob(
    { accountId, clientId, nodes, extraData, place, published, title }: JobOrder,
    id: string,
    next: number,
    shape: string,
  ): Job {
    return {
      id,
      accountId,
      clientId,
      shape,
      title: title ?? titleOf(nodes),
      nodes: nodes.size,
      hasSecrets: false,
      bytes: 0,
      workflowId: findWorkflowId(extraData),
      published,
      createdAtMs: this.#dependencies.clock.nowMs(),
      number: place.number ?? (place.front ? -Math.max(next, 1) : next),
      status: { state: 'waiting', heldBecause: null, attempts: 0, outcome: null },
      bootId: undefined,
      startedAtMs: undefined,
      endedAtMs: undefined,
      failure: undefined,
      ...newJobMemory(),
    }
  }

  /** A number behind all others of this person. */
  async takeNumber(accountId: string): Promise<number> {
    const first = this.#nextNumbers.get(accountId) ?? (await this.#dependencies.store.readNextNumber(accountId))
    // Another job of this person may have been first while the disk was asked.
    const number = Math.max(first, this.#nextNumbers.get(accountId) ?? 0)
    this.#nextNumbers.set(accountId, number + 1)
    return number
  }

  /** How long jobs of this shape took lately, or all. */
  async expectSeconds(shape: string): Promise<number> {
    const { store } = this.#dependencies
    const ms = (await store.readMeanRunMs(shape)) ?? (await store.readMeanRunMs())
    return ms === undefined ? UNKNOWN_RUN_SECONDS : ms / 1000
  }
}

/** What goes to disk, and what goes to the engine when that is more. */
interface Bodies {
  readonly body: JobBody
  readonly secretBody: JobBody | undefined
  readonly bytes: number
}

function toBodies({ nodes, extraData, targets, outputs = '[]' }: JobOrder): Bodies {
  const whole: JobBody = {
    prompt: formatLosslessJson(nodes),
    extraData: formatLosslessJson(extraData),
    targets: targets === undefined ? undefined : formatLosslessJson(targets),
    outputs,
  }
  const body = {
    prompt: formatLosslessJson(withoutSecrets(nodes)),
    extraData: formatLosslessJson(withoutSecrets(extraData)),
    targets: targets === undefined ? undefined : formatLosslessJson(withoutSecrets(targets)),
    outputs: redactSecrets(outputs),
  }
  const isSame = body.prompt === whole.prompt && body.extraData === whole.extraData && body.targets === whole.targets
  const bytes = bytesOf(body) + (isSame ? 0 : bytesOf(whole))
  return { body, secretBody: isSame ? undefined : whole, bytes }
}
