/** One part of a multipart form. */
export interface FormPart {
  readonly filename: string | undefined
  readonly content: Buffer
}

const HEAD_END = Buffer.from('\r\n\r\n')
const MAX_PARTS = 100

/**
 * The parts of a multipart/form-data body by name, the first of each name (RFC 7578); as forgiving as aiohttp's reader.
 * The gate has a strict one of its own: it refuses what two readers could read differently, and this is the second.
 * @throws SyntaxError
 */
export function parseMultipart(contentType: string, body: Buffer): Map<string, FormPart> {
  const boundary = /boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  const name = boundary?.[1] ?? boundary?.[2]
  if (name === undefined) throw new SyntaxError('multipart without a boundary')
  const delimiter = Buffer.from(`\r\n--${name}`)
  // The first delimiter has no line break before it.
  const bytes = Buffer.concat([Buffer.from('\r\n'), body])
  const parts = new Map<string, FormPart>()
  let at = bytes.indexOf(delimiter)
  for (let count = 0; at !== -1 && count < MAX_PARTS; count++) {
    const start = at + delimiter.length
    if (bytes.toString('latin1', start, start + 2) === '--') return parts
    const next = bytes.indexOf(delimiter, start)
    if (next === -1) break
    addPart(parts, bytes.subarray(start + 2, next))
    at = next
  }
  throw new SyntaxError('multipart body without an end')
}

function addPart(parts: Map<string, FormPart>, part: Buffer): void {
  const headEnd = part.indexOf(HEAD_END)
  if (headEnd === -1) throw new SyntaxError('a part without headers')
  const head = part.toString('utf8', 0, headEnd)
  const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(head)?.[1] ?? ''
  const name = readParameter(disposition, 'name')
  if (name === undefined || parts.has(name)) return
  parts.set(name, {
    filename: readFilename(disposition),
    content: part.subarray(headEnd + HEAD_END.length),
  })
}

/** aiohttp takes leading slashes off, so that no name is absolute. */
function readFilename(disposition: string): string | undefined {
  return readParameter(disposition, 'filename')?.replace(/^[\\/]+/, '')
}

function readParameter(disposition: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(disposition)
  const value = match?.[1] ?? match?.[2]
  // Browsers write a quotation mark as %22, others with a backslash.
  return value?.replace(/\\(["\\])/g, '$1').replace(/%22/g, '"')
}
