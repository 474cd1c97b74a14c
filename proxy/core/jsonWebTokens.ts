/** Everything a token may consist of. As a whole run always matches, its search takes linear time, whatever the text. */
const RUNS = /[A-Za-z0-9_.-]+/g
/** What every header begins with: `{"` in base64url (RFC 7519). */
const START = 'eyJ'
const MIN_HEADER = START.length + 8
const MIN_CLAIMS = 8

/**
 * The text with a mark in the place of JSON web tokens. A single pattern for a whole token would begin anew at each
 * `eyJ`: a megabyte of them would keep the process busy for minutes.
 */
export const replaceJsonWebTokens = (text: string, mark: string): string =>
  text.includes(START) ? text.replace(RUNS, (run) => (run.includes(START) ? replaceInRun(run, mark) : run)) : text

function replaceInRun(run: string, mark: string): string {
  const parts = run.split('.')
  const kept: string[] = []
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? ''
    const start = part.indexOf(START)
    const claims = parts[at + 1] ?? ''
    if (start < 0 || part.length - start < MIN_HEADER || claims.length < MIN_CLAIMS) {
      kept.push(part)
      continue
    }
    kept.push(part.slice(0, start) + mark)
    // The claims and the signature go with the header.
    at += 2
  }
  return kept.join('.')
}
