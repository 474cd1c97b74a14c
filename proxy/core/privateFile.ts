import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import type { Random } from './random.ts'

/** Writes a file that only this user can read: the whole of it or, when that fails, none of it. */
export function writePrivateFile(file: string, text: string, random: Random): void {
  const next = `${file}.${random.id(8)}`
  const handle = openSync(next, 'wx', 0o600)
  try {
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  try {
    chmodSync(next, 0o600)
    renameSync(next, file)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
}
