import type { EngineName } from './engineName.ts'
import type { RunDeps, RunHooks } from './engineRunTypes.ts'
import { defaultWatchRules, freshWatch, judgeHealth } from './healthWatch.ts'
import { isCompanionFailure } from './knownFailures.ts'
import type { Diagnosis } from './knownFailures.ts'
import type { LogLine } from './logBuffer.ts'
import { askHealth } from './readinessProbe.ts'
import type { EngineHealth, HealthAnswer } from './readinessProbe.ts'
import { answeredByAnother, companionMissing, endedBecause, startTimedOut } from './runDiagnoses.ts'
import { isServing } from './startProgress.ts'
import { isAborted, wait } from './wait.ts'

const unprovedAnswersAtStart = 3

export type Ending = { kind: 'restartedInside' } | ({ kind: 'crashed' } & Diagnosis)

export interface ProofFacts {
  name: EngineName
  pid: number
  port: number
  secret: string
  /** Whether the process has ended. */
  hasEnded: () => boolean
  /** The log of this start. */
  lines: () => readonly LogLine[]
}

/** Asks one start of the engine for its proof: until it is ready, and from then on for as long as it lives. */
export class EngineProof {
  readonly #facts: ProofFacts
  readonly #deps: RunDeps
  readonly #hooks: RunHooks
  #wake: (() => void) | undefined
  #isDue = false
  #isUnprotected = false

  constructor(facts: ProofFacts, deps: RunDeps, hooks: RunHooks) {
    this.#facts = facts
    this.#deps = deps
    this.#hooks = hooks
  }

  /** Asks at once instead of at the next turn. */
  askNow(): void {
    this.#isDue = true
    this.#wake?.()
  }

  /** ComfyUI said that it runs without its companion: before it opens its port, not after. */
  reportUnprotected(): void {
    this.#isUnprotected = true
    this.#wake?.()
  }

  /** Until the engine ends by itself or has to be ended; `over` when the signal aborted first. */
  async follow(over: AbortSignal): Promise<{ kind: 'over' } | Ending> {
    const ready = await this.#untilReady(over)
    return ready.kind === 'ready' ? this.#watch(ready.health, over) : ready
  }

  async #untilReady(over: AbortSignal): Promise<{ kind: 'ready'; health: EngineHealth } | { kind: 'over' } | Ending> {
    const { clock, timings } = this.#deps
    const { name, pid, port, secret, hasEnded } = this.#facts
    const startedAtMs = clock.nowMs()
    let unproved = 0
    while (!over.aborted) {
      const answer = await this.#ask(over)
      if (isAborted(over) || hasEnded()) return { kind: 'over' }
      if (answer.kind === 'proved') {
        this.#hooks.onReady({ pid, port, secret, health: answer.health })
        this.#hooks.onTrust(true)
        return { kind: 'ready', health: answer.health }
      }
      unproved = answer.kind === 'unproved' ? unproved + 1 : 0
      if (unproved >= unprovedAnswersAtStart) return this.#judgeImpostor()
      if (this.#isStuck(startedAtMs)) return { kind: 'crashed', ...startTimedOut(name) }
      await this.#pause(timings.probeIntervalMs, over)
      if (this.#isUnprotected) return { kind: 'crashed', ...companionMissing }
    }
    return { kind: 'over' }
  }

  #isStuck(startedAtMs: number): boolean {
    const { clock, timings } = this.#deps
    const nowMs = clock.nowMs()
    const lastLineAtMs = this.#facts.lines().at(-1)?.atMs ?? startedAtMs
    return nowMs - startedAtMs >= timings.startLimitMs || nowMs - lastLineAtMs >= timings.startSilenceMs
  }

  #judgeImpostor(): Ending {
    const { name, port } = this.#facts
    const lines = this.#facts.lines().map(({ text }) => text)
    if (lines.some((line) => line.includes('[gatehouse] restarted from inside'))) return { kind: 'restartedInside' }
    // ComfyUI says that it serves, and what answers does not know us: it is ComfyUI without its companion.
    const isUnprotected = lines.some((line) => isCompanionFailure(line) || isServing(line))
    return { kind: 'crashed', ...(isUnprotected ? companionMissing : answeredByAnother(port, name)) }
  }

  /** The first answer was right; from here on each one is judged in the light of those before it. */
  async #watch(ready: EngineHealth, over: AbortSignal): Promise<{ kind: 'over' } | Ending> {
    const { clock, timings, watchRules = defaultWatchRules } = this.#deps
    let watch = freshWatch
    // What may mean something is asked again soon.
    let isUnsure = false
    while (!over.aborted) {
      await this.#pause(isUnsure ? timings.unsureIntervalMs : timings.pollIntervalMs, over)
      const answer = await this.#ask(over)
      if (isAborted(over)) break
      const judged = judgeHealth(watch, answer, ready.bootId, clock.nowMs(), watchRules)
      watch = judged.watch
      const { verdict } = judged
      if (answer.kind === 'proved') this.#hooks.onHealth(answer.health)
      if (verdict.kind === 'restartedInside') return verdict
      if (verdict.kind === 'crashed') return { kind: 'crashed', ...endedBecause(verdict.code, this.#facts.name) }
      isUnsure = verdict.kind === 'unsure' || watch.deadWorker > 0
      if (verdict.kind === 'healthy') this.#hooks.onTrust(true)
      if (verdict.kind === 'unsure') this.#hooks.onTrust(false)
    }
    return { kind: 'over' }
  }

  async #pause(delayMs: number, over: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const wake = (): void => woken.abort()
    this.#wake = wake
    over.addEventListener('abort', wake, { once: true })
    if (over.aborted || this.#isDue) wake()
    await wait(delayMs, woken.signal)
    this.#isDue = false
    over.removeEventListener('abort', wake)
    this.#wake = undefined
  }

  #ask(signal: AbortSignal): Promise<HealthAnswer> {
    const { port, secret } = this.#facts
    const nonce = this.#deps.random.bytes(16).toString('hex')
    return askHealth({ port, secret, nonce, timeoutMs: this.#deps.timings.answerTimeoutMs, signal })
  }
}
