import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { silentLogger } from '../../proxy/core/logger.ts'
import type { ProtectionReport } from '../../proxy/contract/protection.ts'
import { ProtectionRuns } from '../../service/protectionRuns.ts'
import { makeTemporaryFolder, removeTemporaryFolder } from '../../service/protection/temporaryFolder.ts'
import { unbuiltPaths } from '../support/unbuiltPaths.ts'

const directory = makeTemporaryFolder()
afterAll(() => removeTemporaryFolder(directory))

const report: ProtectionReport = { startedAt: '2026-01-01T00:00:00.000Z', tookMs: 1, version: '1', cases: [] }

it('a checking process that prints something else does not end the gate that people use', async () => {
  const entry = join(directory, 'check.cjs')
  const lines = ['a warning of a library', '{"kind":"nothing"}', JSON.stringify({ kind: 'report', report })]
  writeFileSync(entry, `process.stdout.write(${JSON.stringify(`${lines.join('\n')}\n`)})`)
  const runs = new ProtectionRuns({
    ...{ dataDirectory: directory, entry, logger: silentLogger, paths: unbuiltPaths(directory) },
    nodeCommand: { file: process.execPath, args: [], env: {} },
  })

  const ended = new Promise<ProtectionReport>((resolve) => runs.start({ notAsked: 'not here' }, resolve))

  expect(await ended).toEqual(report)
  expect(runs.describe()).toEqual({ running: null, report, problem: null })
})
