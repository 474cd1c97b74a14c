import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

/** Writes the whole file or nothing, readable by this account only (0600). The folder is made where it is missing. */
export function writeFileAtomically(filePath: string, text: string): void {
  fs.mkdirSync(path.dirname(filePath), { recursive: true, mode: 0o700 })
  const temporary = `${filePath}.${randomBytes(6).toString('hex')}.tmp`
  try {
    fs.writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
    fs.renameSync(temporary, filePath)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}
