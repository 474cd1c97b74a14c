import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import { openStores } from '../../proxy/accounts/openStores.ts'
import type { Argon2, HashingParameters } from '../../proxy/accounts/passwordHasher.ts'
import { systemArgon2 } from '../../proxy/accounts/passwordHasher.ts'
import type { OpenStoresOptions, Stores } from '../../proxy/accounts/stores.ts'
import type { Wait } from '../../proxy/accounts/heldRefusals.ts'
import type { Clock } from '../../proxy/core/clock.ts'
import type { Logger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'

/** argon2id at its smallest, so that a test does not wait for it. */
export const cheapHashing: HashingParameters = {
  password: { memoryKiB: 1024, passes: 2, lanes: 1 },
  apiKey: { memoryKiB: 1024, passes: 2, lanes: 1 },
}

export interface MovableClock extends Clock {
  advance(ms: number): void
}

export function createMovableClock(startMs = Date.parse('2026-11-01T12:00:00Z')): MovableClock {
  let now = startMs
  return {
    nowMs: () => now,
    advance: (ms) => {
      now += ms
    },
  }
}

export interface RecordingLogger extends Logger {
  readonly lines: string[]
}

export function createRecordingLogger(): RecordingLogger {
  const lines: string[] = []
  const write = (details: object, message: string): void => {
    lines.push(
      `${message} ${JSON.stringify(details, (_, value: unknown) => (value instanceof Error ? `${value.name}: ${value.message} ${value.stack ?? ''}` : value))}`,
    )
  }
  return { lines, debug: write, info: write, warn: write, error: write }
}

export interface CountedArgon2 extends Argon2 {
  /** Names of the calls so far. */
  readonly calls: string[]
}

export function createCountedArgon2(): CountedArgon2 {
  const calls: string[] = []
  return {
    calls,
    hash: (text, parameters) => {
      calls.push('hash')
      return systemArgon2.hash(text, parameters)
    },
    verify: (hash, text) => {
      calls.push('verify')
      return systemArgon2.verify(hash, text)
    },
    needsRehash: (hash, parameters) => systemArgon2.needsRehash(hash, parameters),
  }
}

interface StoresFixtures {
  dataDirectory: string
  clock: MovableClock
  logger: RecordingLogger
  argon2: CountedArgon2
  /** How refused sign-ins are held back: not at all, unless a test says otherwise. */
  wait: Wait
  openAgain: (options?: Partial<OpenStoresOptions>) => Promise<Stores>
  stores: Stores
}

/** Stores in a folder of their own, with a clock that only the test moves. */
export const storesTest = test.extend<StoresFixtures>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  dataDirectory: async ({}, use) => {
    const parent = mkdtempSync(join(tmpdir(), 'gatehouse-stores-'))
    await use(join(parent, 'data'))
    rmSync(parent, { recursive: true, force: true })
  },
  // eslint-disable-next-line no-empty-pattern -- as above
  clock: async ({}, use) => use(createMovableClock()),
  // eslint-disable-next-line no-empty-pattern -- as above
  logger: async ({}, use) => use(createRecordingLogger()),
  // eslint-disable-next-line no-empty-pattern -- as above
  argon2: async ({}, use) => use(createCountedArgon2()),
  // eslint-disable-next-line no-empty-pattern -- as above
  wait: async ({}, use) => use(() => Promise.resolve()),
  openAgain: async ({ dataDirectory, clock, logger, argon2, wait }, use) => {
    const opened: Stores[] = []
    await use(async (options = {}) => {
      const stores = await openStores({
        dataDirectory,
        clock,
        random: systemRandom,
        logger,
        argon2,
        secrets: { kind: 'file' },
        hashing: cheapHashing,
        watchMs: 20,
        wait,
        ...options,
      })
      opened.push(stores)
      return stores
    })
    for (const stores of opened) await stores.close()
  },
  stores: async ({ openAgain }, use) => use(await openAgain()),
})

export const goodPassword = 'violet kayak orbit lamp'
