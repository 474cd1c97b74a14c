// npm run build [-- --dev] [--force]

import process from 'node:process'
import { requireDependencies } from './lib/requireNode.mjs'
import { buildProduct } from './lib/buildProduct.mjs'

requireDependencies()
try {
  await buildProduct({ dev: process.argv.includes('--dev'), force: process.argv.includes('--force') })
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
