import { readFileSync, writeFileSync } from 'node:fs'

const BEGIN = '<!-- measured: written by npm run bench -->'
const END = '<!-- end of what is measured -->'

/** The document with a new generated part. @throws Error when its marks are missing */
export function replaceGenerated(document: string, generated: string): string {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin === -1 || end < begin) throw new Error(`The document has no part between "${BEGIN}" and "${END}".`)
  return `${document.slice(0, begin + BEGIN.length)}\n\n${generated}\n\n${document.slice(end)}`
}

export function writeDocument(file: string, generated: string): void {
  writeFileSync(file, replaceGenerated(readFileSync(file, 'utf8'), generated))
}
