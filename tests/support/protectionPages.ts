import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../proxy/core/clock.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { makeTemporaryFolder, removeTemporaryFolder } from '../../service/protection/temporaryFolder.ts'
import { unbuiltPaths } from './unbuiltPaths.ts'

/** What a check of the protection is run with from the sources, with pages of one line; `remove` clears them away. */
export function makeProtectionSurroundings() {
  const pages = makeTemporaryFolder()
  mkdirSync(join(pages, 'assets'))
  for (const name of ['owner', 'portal']) writeFileSync(join(pages, `${name}.html`), '<!doctype html><title>x</title>')
  return {
    remove: () => removeTemporaryFolder(pages),
    options: {
      clock: systemClock,
      random: systemRandom,
      platform: process.platform,
      paths: unbuiltPaths(pages),
      nodeCommand: { file: process.execPath, args: [], env: {} },
    },
  }
}
