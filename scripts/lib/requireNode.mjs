// The version check that every script imports first; and where the Node that runs the product and its tests is found.

import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const OLDEST_FOR_SCRIPTS = 20
const OLDEST_FOR_PRODUCT = 24

const majorVersion = Number(process.versions.node.split('.')[0])
if (majorVersion < OLDEST_FOR_SCRIPTS) {
  console.error(`Gatehouse needs Node.js ${OLDEST_FOR_SCRIPTS} or newer; this is ${process.version}.`)
  console.error('Install a current one from https://nodejs.org, then run the same command again.')
  process.exit(1)
}

/** Absolute path of the repository. */
export const repositoryRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The Node 24 that `npm ci` brings along, or the running one if that is new enough. Ends the process in words when there is none. */
export function requireNode24() {
  const installed = path.join(
    repositoryRoot,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  )
  if (fs.existsSync(installed)) return installed
  if (majorVersion >= OLDEST_FOR_PRODUCT) return process.execPath
  console.error(`Node.js ${OLDEST_FOR_PRODUCT} is not installed in node_modules. Run: npm ci`)
  return process.exit(1)
}

/** Ends the process in words when the dependencies were never installed. */
export function requireDependencies() {
  if (fs.existsSync(path.join(repositoryRoot, 'node_modules', 'esbuild'))) return
  console.error('The dependencies are not installed yet. Run: npm ci')
  process.exit(1)
}

/** Absolute path of a file inside an installed package. */
export function inPackage(...segments) {
  return path.join(repositoryRoot, 'node_modules', ...segments)
}
