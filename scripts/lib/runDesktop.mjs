// Runs Electron from a terminal: Chromium's own chatter goes to a file, ours and what killed it are shown.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import readline from 'node:readline'
import { cacheDirectory } from './cacheDirectory.mjs'
import { forwardSignals, toExitCode } from './runProcess.mjs'

const CHATTER = [
  /^\[\d+(:\d+)?:\d{4}\/\d{6}\.\d+:(VERBOSE-?\d*|INFO|WARNING|ERROR):/,
  /^(ERR|WARN|INFO): \S+\.(cpp|h):\d+ /, // ANGLE
  /^(libGL|libEGL|libva|MESA|MESA-LOADER)\b.*:/,
  /^\([^()]+:\d+\): [\w-]+-(WARNING|CRITICAL|Message) \*\*:/, // GLib and GTK
]
const GRAVE = /:(ERROR|FATAL):|error while loading shared libraries/
const ASKED = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Whether a line on stderr is Chromium's or a system library's own, which says nothing to the person who started the app. */
export function isChatter(line) {
  return CHATTER.some((pattern) => pattern.test(line))
}

/**
 * What to say when Electron ended by itself in another way than well: what died, its last grave line, what to do.
 * Undefined for a good end, and for one that was asked for.
 */
export function explainEnd({ code, signal, graveLine, version, logFile }) {
  if (code === 0 || ASKED.includes(signal)) return undefined
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`
  return [
    `The window's program (Electron ${version}) ${how}.`,
    ...(graveLine === undefined ? [] : [`Its last message: ${graveLine}`]),
    'What is wrong here, and what mends it:  npm run -s gatehouse -- doctor',
    `Everything it said: ${logFile}`,
  ].join('\n')
}

function openLog() {
  const file = path.join(cacheDirectory(), 'desktop-runtime.log')
  fs.mkdirSync(path.dirname(file), { recursive: true })
  return { file, stream: fs.createWriteStream(file) }
}

/** Runs it to its end and gives the exit code as a shell does. Rejects when it cannot be started at all. */
export async function runDesktop({ executablePath, version }, args, { env, log }) {
  const { file: logFile, stream } = openLog()
  stream.on('error', () => undefined) // A full disk must not end the app.
  const child = spawn(executablePath, args, { env, stdio: ['inherit', 'inherit', 'pipe'] })
  const stopForwarding = forwardSignals(child)
  let graveLine
  readline.createInterface({ input: child.stderr, crlfDelay: Infinity }).on('line', (line) => {
    stream.write(`${line}\n`)
    if (GRAVE.test(line)) graveLine = line
    if (!isChatter(line)) process.stderr.write(`${line}\n`)
  })
  try {
    const { code, signal } = await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal }))
    })
    const words = explainEnd({ code, signal, graveLine, version, logFile })
    if (words !== undefined) log(words)
    return toExitCode(code, signal)
  } finally {
    stopForwarding()
    stream.end()
  }
}
