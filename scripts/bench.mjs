// npm run bench [-- --quick]: measures the gate against direct access and nginx; see docs/performance.md.

import path from 'node:path'
import process from 'node:process'
import { repositoryRoot, requireDependencies, requireNode24 } from './lib/requireNode.mjs'
import { buildProduct } from './lib/buildProduct.mjs'
import { pathWithTools } from './lib/testSteps.mjs'
import { runProcess } from './lib/runProcess.mjs'

requireDependencies()
try {
  await buildProduct({ log: console.error })
  const bench = path.join(repositoryRoot, 'tests', 'bench', 'bench.ts')
  const env = { ...process.env, PATH: pathWithTools() }
  const { code } = await runProcess(requireNode24(), [bench, ...process.argv.slice(2)], { env })
  process.exitCode = code
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
