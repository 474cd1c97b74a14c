// npm test [-- step …]: everything, or only the named steps. The practice engine stands for ComfyUI; see testComfyui.mjs.

import process from 'node:process'
import { requireDependencies } from './lib/requireNode.mjs'
import { buildProduct } from './lib/buildProduct.mjs'
import { ensureSystemPackages, systemPackages } from './lib/systemPackages.mjs'
import { runSteps, toolStep, vitestStep } from './lib/testSteps.mjs'

requireDependencies()

const passed = { ok: true, passed: 0, failed: 0, skipped: 0 }

const buildStep = {
  name: 'build',
  async run() {
    await buildProduct()
    return passed
  },
}

const STEPS = [
  toolStep('format', ['prettier', 'bin', 'prettier.cjs'], ['--check', '.', '--log-level=warn']),
  toolStep('lint', ['eslint', 'bin', 'eslint.js'], ['.', '--max-warnings', '0']),
  toolStep('types', ['typescript', 'bin', 'tsc'], ['--noEmit']),
  vitestStep('architecture'),
  vitestStep('unit'),
  vitestStep('integration'),
  vitestStep('contract'),
  vitestStep('attack'),
  vitestStep('e2e', { desktop: true }),
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(`There is no step ${unknown.join(', ')}. Steps: ${STEPS.map((step) => step.name).join(', ')}`)
  process.exit(2)
}
if (!(await ensureSystemPackages(systemPackages.tests, console.error))) process.exit(1)

const chosen = wanted.length === 0 ? STEPS : STEPS.filter((step) => wanted.includes(step.name))
process.exitCode = await runSteps([buildStep, ...chosen])
