import fs from 'node:fs'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'

const POLL_MS = 200
const TIMEOUT_MS = 5 * 60 * 1000

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function tryTake(file) {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

function removeIfAbandoned(file) {
  try {
    const pid = Number(fs.readFileSync(file, 'utf8'))
    if (pid > 0 && !isAlive(pid)) fs.rmSync(file, { force: true })
  } catch {
    // It went away in between: the next try finds that out.
  }
}

/** Runs `work` while no other process that uses the same lock file does. Waits up to five minutes for its turn. */
export async function withLock(file, work) {
  const deadline = Date.now() + TIMEOUT_MS
  while (!tryTake(file)) {
    if (Date.now() > deadline) throw new Error(`Another build does not end. If none runs, delete ${file}.`)
    removeIfAbandoned(file)
    await wait(POLL_MS)
  }
  try {
    return await work()
  } finally {
    fs.rmSync(file, { force: true })
  }
}
