// npm run --silent gatehouse -- <command>: the command line out of the checkout. stdout carries the program's output only.

import path from 'node:path'
import process from 'node:process'
import { repositoryRoot, requireDependencies, requireNode24 } from './lib/requireNode.mjs'
import { buildProduct } from './lib/buildProduct.mjs'
import { runProcess } from './lib/runProcess.mjs'

requireDependencies()
try {
  await buildProduct({ log: console.error })
  const cli = path.join(repositoryRoot, 'dist', 'cli.cjs')
  const { code } = await runProcess(requireNode24(), ['--enable-source-maps', cli, ...process.argv.slice(2)])
  process.exitCode = code
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
