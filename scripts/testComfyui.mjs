// COMFYUI_DIR=<folder> npm run test:comfyui: the tests that talk to an engine, against a real ComfyUI installation.

import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { requireDependencies } from './lib/requireNode.mjs'
import { buildProduct } from './lib/buildProduct.mjs'
import { runSteps, vitestStep } from './lib/testSteps.mjs'

const PROJECTS = ['contract', 'attack']
// What only a real ComfyUI can show: the companion inside of it, and the supervisor around it.
const FILES = ['tests/integration/companion/', 'tests/integration/launcher/realComfyui']

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

try {
  await buildProduct()
  const steps = PROJECTS.map((name) => vitestStep(name, { env }))
  process.exitCode = await runSteps([...steps, vitestStep('integration', { env, files: FILES })])
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
