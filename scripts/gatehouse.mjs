// npm run --silent gatehouse -- <command>: the command line out of the checkout. stdout carries the program's output only.

import path from 'node:path'
import process from 'node:process'
import { repositoryRoot, requireDependencies, requireNode24 } from './lib/requireNode.mjs'
import { buildProduct } from './lib/buildProduct.mjs'
import { endWithNpm } from './lib/npmWatch.mjs'
import { runProcess } from './lib/runProcess.mjs'
import { findPresentElectron } from './electron-runtime/electronRuntime.mjs'

endWithNpm()
requireDependencies()
try {
  await buildProduct({ log: console.error })
  const cli = path.join(repositoryRoot, 'dist', 'cli.cjs')
  // The doctor looks at what the window needs.
  const env = { ...process.env, GATEHOUSE_ELECTRON: findPresentElectron()?.executablePath ?? '' }
  const { code } = await runProcess(requireNode24(), ['--enable-source-maps', cli, ...process.argv.slice(2)], { env })
  process.exitCode = code
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
