import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../../proxy/database/openDatabase.ts'
import { until } from '../../support/tabClient.ts'

/** Many more on demand: GATEHOUSE_KILLS=100 */
const KILLS = Number(process.env['GATEHOUSE_KILLS'] ?? '6')
const JOBS_PER_LIFE = 20

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-app-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Lets the program live until it said enough, and kills it then: it writes nothing any more. */
async function live(jobs: number, isEnough: (lines: readonly string[]) => boolean): Promise<string[]> {
  const program = resolve('tests/support/appThatQueues.ts')
  const child = spawn(process.execPath, ['--no-warnings', program, directory, String(jobs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = new Promise((done) => child.once('close', done))
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const lines = (): string[] => said.split('\n').slice(0, -1)
  try {
    await until(() => isEnough(lines()), 'the program says enough', 30_000)
  } finally {
    child.kill('SIGKILL')
    await closed
  }
  return lines().filter((line) => line !== 'idle')
}

describe('a program that is killed', () => {
  it(
    `${KILLS} times loses no job that it accepted, and ends each exactly once`,
    async () => {
      const accepted: string[] = []
      for (let kill = 0; kill < KILLS; kill += 1) {
        const enough = 1 + ((kill * 7) % JOBS_PER_LIFE)
        accepted.push(...(await live(JOBS_PER_LIFE, (lines) => lines.length >= enough)))
      }
      await live(0, (lines) => lines.includes('idle'))

      const database = openDatabase(join(directory, 'jobs.db'))
      const rows = await database.kysely.selectFrom('jobs').select(['id', 'state', 'attempts', 'in_history']).execute()
      await database.close()
      const ended = new Map(rows.map((row) => [row.id, row]))
      expect(accepted.length).toBeGreaterThanOrEqual(KILLS)
      for (const id of accepted) {
        expect(ended.get(id)?.in_history).toBe(1)
        expect(['succeeded', 'failed']).toContain(ended.get(id)?.state)
        if (ended.get(id)?.state === 'failed') expect(ended.get(id)?.attempts).toBe(2)
      }
      // What was written in the moment of a kill may be there although nobody was told; it has ended as well.
      expect(rows.filter(({ state }) => state !== 'succeeded' && state !== 'failed')).toEqual([])
    },
    60_000 + KILLS * 3_000,
  )
})
