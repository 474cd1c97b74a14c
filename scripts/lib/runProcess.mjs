import { spawn } from 'node:child_process'
import os from 'node:os'
import process from 'node:process'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const KILL_AFTER_MS = 5000

/**
 * Passes the signals that end this process on to the child until the returned function is called.
 * A Ctrl-C at the terminal reaches the whole process group by itself; sending it again would count as a second one.
 */
export function forwardSignals(child) {
  const listeners = SIGNALS.map((signal) => {
    const forward = () => {
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    }
    process.on(signal, forward)
    return () => process.off(signal, forward)
  })
  return () => listeners.forEach((stop) => stop())
}

/** The exit code as a shell gives it: 128 + number for a signal. */
export function toExitCode(code, signal) {
  return signal === null ? code : 128 + os.constants.signals[signal]
}

/**
 * Runs a program to its end and gives its exit code; never rejects for a bad one, only when it cannot be started.
 * `input` goes to stdin; `timeoutMs` ends it (code 124); with stdio 'pipe' the output is returned.
 */
export function runProcess(file, args, { cwd, env, stdio = 'inherit', timeoutMs, input, signals = true } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio, windowsHide: false })
    const stopForwarding = signals ? forwardSignals(child) : () => undefined
    let output = ''
    let timedOut = false
    let killTimer
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true
            child.kill('SIGTERM')
            killTimer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
          }, timeoutMs)
    const finish = () => {
      clearTimeout(timer)
      clearTimeout(killTimer)
      stopForwarding()
    }
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)))
    child.stdin?.on('error', () => undefined) // It ended before it read everything: its exit code says why.
    if (input !== undefined) child.stdin?.end(input)
    child.on('error', (error) => {
      finish()
      reject(error)
    })
    const end = (code, signal) => {
      finish()
      resolve({ code: timedOut ? 124 : toExitCode(code, signal), timedOut, output })
    }
    child.on('close', end)
    child.on('exit', (code, signal) => {
      if (!timedOut) return
      // Its own children may hold the pipes open for longer.
      child.stdout?.destroy()
      child.stderr?.destroy()
      end(code, signal)
    })
  })
}
