import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import { PictureWorkers } from '../../proxy/outputs/pictureWorkers.ts'
import type { PictureWorkersOptions } from '../../proxy/outputs/pictureWorkers.ts'
import { pictureWorkerFile } from './outputsFixture.ts'
import { createRecordingLogger } from './storesFixture.ts'

export interface PictureWorkersFixture {
  /** Workers whose process runs this text instead of the product's worker, or the product's own. */
  open: (script: string | undefined, options?: Partial<PictureWorkersOptions>) => PictureWorkers
}

/** Worker processes that run what the test wants. */
export const workersTest = test.extend<PictureWorkersFixture>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures from this pattern
  open: async ({}, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-worker-'))
    const opened: PictureWorkers[] = []
    await use((script, options = {}) => {
      const entry = script === undefined ? pictureWorkerFile : join(directory, `worker${opened.length}.mjs`)
      if (script !== undefined) writeFileSync(entry, script)
      const workers = new PictureWorkers({
        command: { file: process.execPath, args: [], env: {}, entry },
        logger: createRecordingLogger(),
        width: 1,
        ...options,
      })
      opened.push(workers)
      return workers
    })
    for (const workers of opened) workers.close()
    rmSync(directory, { recursive: true, force: true })
  },
})
