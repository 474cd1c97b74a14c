import { Broken } from './attackOutcome.ts'

/** Looks until something is there. @throws Broken when it is not within that time */
export async function until<Value>(
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
  what: string,
  limitMs = 10_000,
): Promise<Value> {
  for (let leftMs = limitMs; ; leftMs -= LOOK_MS) {
    const value = await look()
    if (value !== undefined && value !== false) return value
    if (leftMs <= 0) throw new Broken(`${what}: not within ${limitMs / 1000} seconds`)
    await pause(LOOK_MS)
  }
}

const LOOK_MS = 40

/** Only where nothing tells that something did not happen. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
