// node scripts/withDesktop.mjs <program> [arguments]: runs it in the throw-away desktop of the e2e tests.

import process from 'node:process'
import { inPackage } from './lib/requireNode.mjs'
import { runInDesktopSession } from './lib/desktopSession.mjs'
import { pathWithTools } from './lib/testSteps.mjs'

const [file, ...args] = process.argv.slice(2)
if (file === undefined) {
  console.error('Name a program, for example: node scripts/withDesktop.mjs vitest run --project e2e')
  process.exit(2)
}
const env = { ...process.env, PATH: pathWithTools(inPackage('.bin')) }
process.exitCode = (await runInDesktopSession(file, args, { env })).code
