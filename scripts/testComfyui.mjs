// COMFYUI_DIR=<folder> npm run test:comfyui: the tests that talk to an engine, against a real ComfyUI installation.

import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { requireDependencies } from './lib/requireNode.mjs'
import { buildProduct } from './lib/buildProduct.mjs'
import { ensureSystemPackages, systemPackages } from './lib/systemPackages.mjs'
import { runSteps, vitestStep } from './lib/testSteps.mjs'

requireDependencies()

const directory = process.env.COMFYUI_DIR
if (!directory || !fs.existsSync(path.join(directory, 'main.py'))) {
  console.error(
    directory
      ? `${directory} is not a ComfyUI folder: it has no main.py.`
      : 'Set COMFYUI_DIR to a ComfyUI folder, for example: COMFYUI_DIR=~/ComfyUI npm run test:comfyui',
  )
  process.exit(2)
}

const env = { GATEHOUSE_TEST_ENGINE: 'comfyui', COMFYUI_DIR: path.resolve(directory) }

// What only a real ComfyUI can show: the companion inside it, the supervisor around it, the protocol, the window.
const STEPS = [
  vitestStep('integration', { env, files: ['tests/integration/companion/', 'tests/integration/launcher/realComfyui'] }),
  vitestStep('contract', { env }),
  vitestStep('e2e', {
    env,
    files: ['tests/e2e/desktop/realComfyui.test.ts', 'tests/e2e/canvas/normalUser', 'tests/e2e/portal/run'],
    desktop: true,
  }),
]

if (!(await ensureSystemPackages(systemPackages.tests, console.error))) process.exit(1)
try {
  await buildProduct()
  process.exitCode = await runSteps(STEPS)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
