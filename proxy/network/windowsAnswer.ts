/** What a script of PowerShell's wrote as JSON; undefined when it is none. */
export function parseWindowsAnswer(text: string): unknown {
  try {
    return JSON.parse(text.trim().replace(/^\uFEFF/, ''))
  } catch {
    return undefined // Windows answered with a complaint instead.
  }
}
