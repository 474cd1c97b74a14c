import { expect } from 'vitest'
import type { Prompt } from '../../../support/engineClient.ts'
import { waitFor } from '../../../support/engineClient.ts'
import { usesRealComfyui } from '../../../support/engineUnderTest.ts'
import { savePrompt, slowPrompt } from '../../prompts.ts'
import type { IsolationWorld, Person } from '../world.ts'

/** Long enough to ask something meanwhile: ComfyUI on a processor needs a second for what the practice engine does in twenty milliseconds. */
export const briefPrompt = (): Prompt => slowPrompt(usesRealComfyui ? 3 : 10)

/** What cases do at a gate, again and again. */
export interface GateSteps {
  /** Ids of one's own queue, running and waiting. */
  readonly idsOf: (person: Person) => Promise<string[]>
  /** Queues what must be taken. */
  readonly queue: (person: Person, prompt: unknown, others?: Record<string, unknown>) => Promise<string>
  /** One job of alice runs and one waits. */
  readonly keepBusy: () => Promise<{ running: string; waiting: string }>
  /** Waits until these have run, and run well. */
  readonly endWell: (person: Person, ...ids: string[]) => Promise<void>
  /** Whatever a case left in a queue is gone. */
  readonly tidyUp: () => Promise<void>
}

export function gateSteps(world: () => IsolationWorld): GateSteps {
  const queue = async (person: Person, prompt: unknown, others: Record<string, unknown> = {}): Promise<string> => {
    const answer = await person.client.queue(prompt, others)
    expect(answer.status).toBe(200)
    return answer.json().prompt_id
  }
  const isRunning = (person: Person, promptId: string): Promise<true | undefined> =>
    person.client.get('/queue').then((answer) => (answer.json().queue_running[0]?.[1] === promptId ? true : undefined))
  return {
    queue,
    idsOf: async ({ client }) => {
      const { queue_running: running, queue_pending: pending } = (await client.get('/queue')).json()
      return [...running, ...pending].map(([, id]: [number, string]) => id)
    },
    keepBusy: async () => {
      const { alice } = world()
      const running = await queue(alice, briefPrompt())
      const waiting = await queue(alice, savePrompt())
      await waitFor(() => isRunning(alice, running))
      return { running, waiting }
    },
    endWell: async (person, ...ids) => {
      for (const id of ids) expect((await person.client.waitForHistory(id)).status.status_str).toBe('success')
    },
    tidyUp: async () => {
      const { alice, bob } = world()
      for (const { client } of [alice, bob]) {
        await client.post('/queue', { clear: true })
        await client.post('/interrupt', {})
        await client.waitUntilIdle()
      }
    },
  }
}
