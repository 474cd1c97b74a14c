// The steps of a test run: each is timed, none stops the later ones, and the end says what happened in one table.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { runInDesktopSession } from './desktopSession.mjs'
import { inPackage, repositoryRoot, requireNode24 } from './requireNode.mjs'
import { runProcess } from './runProcess.mjs'

const NO_TESTS = { passed: 0, failed: 0, skipped: 0 }

/** PATH with node_modules/.bin first, where also `node` is the Node 24 of the product. */
export function pathWithTools(toolsDirectory = inPackage('.bin')) {
  return [toolsDirectory, process.env.PATH].join(path.delimiter)
}

function testEnvironment(extra) {
  return { ...process.env, PATH: pathWithTools(), ...extra }
}

/** A step that runs a tool of node_modules; it passes when the tool's exit code is 0. */
export function toolStep(name, script, args) {
  return {
    name,
    async run() {
      const options = { cwd: repositoryRoot, env: testEnvironment() }
      const { code } = await runProcess(requireNode24(), [inPackage(...script), ...args], options)
      return { ok: code === 0, ...NO_TESTS }
    },
  }
}

function readCounts(reportFile) {
  if (!fs.existsSync(reportFile)) return NO_TESTS
  const report = JSON.parse(fs.readFileSync(reportFile, 'utf8'))
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/**
 * A step that runs one vitest project, or only those of its `files` whose path contains one of these texts; it fails also
 * when no test ran. `desktop` gives it a screen and a keychain.
 */
export function vitestStep(name, { desktop = false, env = {}, files = [] } = {}) {
  return {
    name,
    async run() {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-report-'))
      try {
        const report = path.join(folder, 'report.json')
        const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
        const vitest = [inPackage('vitest', 'vitest.mjs'), 'run', ...files, '--project', name, ...reporters]
        const runIn = desktop ? runInDesktopSession : runProcess
        const { code } = await runIn(requireNode24(), vitest, { cwd: repositoryRoot, env: testEnvironment(env) })
        const counts = readCounts(report)
        const ranAny = counts.passed + counts.failed > 0
        return { ok: code === 0 && ranAny, note: ranAny ? '' : 'ran no test', ...counts }
      } finally {
        fs.rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

async function runStep(step) {
  console.log(`\n── ${step.name} ──`)
  const startMs = Date.now()
  try {
    return { name: step.name, note: '', ...(await step.run()), durationMs: Date.now() - startMs }
  } catch (error) {
    console.error(error.message)
    return { name: step.name, note: error.message, ok: false, ...NO_TESTS, durationMs: Date.now() - startMs }
  }
}

function toRow({ name, ok, passed, failed, skipped, durationMs, note }) {
  const counts = passed + failed + skipped === 0 ? '' : `${passed} passed, ${failed} failed, ${skipped} skipped`
  const seconds = `${(durationMs / 1000).toFixed(1)} s`.padStart(9)
  return `${name.padEnd(14)}${ok ? 'ok    ' : 'FAILED'}${seconds}   ${[counts, note].filter(Boolean).join('; ')}`.trimEnd()
}

/** A step that failed without a failed test (lint, a crash, no test at all) counts as one failure. */
function countFailures({ ok, failed }) {
  return ok ? failed : Math.max(failed, 1)
}

/** Runs the steps in order, prints the summary, and gives the exit code. */
export async function runSteps(steps) {
  const results = []
  for (const step of steps) results.push(await runStep(step))
  const sum = (count) => results.reduce((total, result) => total + count(result), 0)
  const failed = sum(countFailures)
  console.log(`\n${results.map(toRow).join('\n')}\n`)
  console.log(`${sum((result) => result.passed)} passed, ${failed} failed, ${sum((result) => result.skipped)} skipped`)
  return failed === 0 ? 0 : 1
}
