import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listProcesses } from './desktopProcesses.ts'

/** Forms in which a secret could lie somewhere: as it is, in base64, percent-encoded. */
function formsOf(secret: string): string[] {
  return [...new Set([secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), encodeURIComponent(secret)])]
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Every place below the folder where one of the named secrets can be read, as "name in file". */
export function findInFiles(directory: string, secrets: Readonly<Record<string, string>>): string[] {
  return filesBelow(directory).flatMap((file) => {
    const content = readFileSync(file)
    return Object.entries(secrets)
      .filter(([, secret]) => formsOf(secret).some((form) => content.includes(form)))
      .map(([name]) => `${name} in ${file.slice(directory.length + 1)}`)
  })
}

/** Every process of this computer whose command line shows one of the secrets. */
export function findInCommandLines(secrets: Readonly<Record<string, string>>): string[] {
  return listProcesses().flatMap(({ pid, commandLine }) =>
    Object.entries(secrets)
      .filter(([, secret]) => commandLine.includes(secret))
      .map(([name]) => `${name} in the arguments of process ${pid}`),
  )
}

export function findInText(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
    .map(([name]) => name)
}
