import { GateError } from '../contract/errorCodes.ts'
import { checkFileName, checkSubfolder, hasFolderSuffix } from './fileNames.ts'
import { ContentInspector } from './uploadContent.ts'
import type { UploadLimits } from './uploadContent.ts'

/*
 * Reads an upload's form while it streams past: the names, the small fields and the heads of files. ComfyUI stores
 * nothing before the form has ended, so a form that is refused in its middle leaves nothing behind. Forms that two
 * readers could read differently are refused, not repaired.
 */

const refuse = (message: string): never => {
  throw new GateError('BAD_REQUEST', message)
}

const BOUNDARY = /^multipart\/form-data\s*;\s*boundary=(?:"([^"\\]{1,70})"|([^\s;,"]{1,70}))\s*$/i
/** Without the blank that RFC 2046 allows: aiohttp takes blanks and quotes off both ends. */
const BOUNDARY_SIGNS = /^[A-Za-z0-9'()+_,./:=?-]+$/
const DISPOSITION = /^form-data; ?name="([^"\r\n\\]*)"(?:; ?filename="((?:[^"\\\r\n]|\\["\\])*)")?$/i
/** aiohttp ends a line of a part's head at a bare line feed, and reads bytes that are no UTF-8 in its own way. */
// eslint-disable-next-line no-control-regex -- control bytes are what this looks for
const ODD_IN_HEAD = /[\u0000-\u001f\u007f\ufffd]/
/** A charset would make aiohttp read another text than the one that was checked: `+AC4ALg-` is `..` in UTF-7. */
const FIELD_TYPE = /^(?:text\/plain|application\/json)(?:; ?charset="?(?:utf-8|us-ascii)"?)?$/i
/** A part that is a form of its own is read by other rules. */
const FILE_TYPE = /^(?!multipart\/)[\w.+-]+\/[\w.+-]+(?:;.*)?$/i
/** RFC 7578 section 4.6: a field of this name changes how all others are decoded. */
const CHARSET_FIELD = '_charset_'
const LINE_BREAK_BYTES = 2
const MAX_HEAD_BYTES = 4096
const MAX_FIELD_BYTES = 8192
const MAX_PARTS = 16
const FILE_FIELDS = new Set(['image'])
/** Results are made by jobs only; what is uploaded as one would pass for one. */
const TYPES = new Set(['input', 'temp'])
const ORIGINAL_TYPES = new Set(['', 'input', 'output', 'temp'])

type State = 'boundary' | 'head' | 'field' | 'file' | 'end'

export class UploadInspector {
  readonly #delimiter: Buffer
  #held: Buffer
  #state: State = 'boundary'
  #name = ''
  /** What the part's head says; some servers believe it and look for no delimiter within. */
  #saidBytes: number | undefined
  /** Bytes of the part that are no longer held, with the line break that ends its head. */
  #passedBytes = 0
  readonly #limits: UploadLimits
  readonly #fields = new Set<string>()
  #content: ContentInspector | undefined

  /** @throws GateError UNSUPPORTED_MEDIA_TYPE when it is no form with a plain boundary */
  constructor(contentType: string | undefined, limits: UploadLimits) {
    const match = BOUNDARY.exec(contentType ?? '')
    const boundary = match?.[1] ?? match?.[2]
    if (boundary === undefined || !BOUNDARY_SIGNS.test(boundary)) {
      throw new GateError('UNSUPPORTED_MEDIA_TYPE', 'Pictures are uploaded as multipart/form-data.')
    }
    this.#limits = limits
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
    // The first boundary has no line before it; with this one, all are found alike.
    this.#held = Buffer.from('\r\n', 'latin1')
  }

  /**
   * @throws GateError when what was seen so far is not acceptable: BAD_REQUEST for the form, UNSUPPORTED_MEDIA_TYPE or
   * BODY_TOO_LARGE for a file
   */
  inspect(chunk: Buffer): void {
    let rest = this.#takeUp(chunk)
    for (;;) {
      const next = this.#step(rest)
      if (next === undefined) return
      rest = next
    }
  }

  /** @throws GateError BAD_REQUEST when the form is not complete */
  end(): void {
    if (this.#state !== 'end') refuse('The form is not complete.')
  }

  #takeUp(chunk: Buffer): Buffer {
    if (!this.#followsFile(chunk)) return Buffer.concat([this.#held, chunk])
    this.#pass(this.#held)
    return chunk
  }

  /** Lets go of a file's bytes; the line break that ends its head is none of them. */
  #pass(bytes: Buffer): void {
    const lineBreakBytes = Math.max(0, LINE_BREAK_BYTES - this.#passedBytes)
    this.#passedBytes += bytes.length
    this.#content?.push(bytes.subarray(lineBreakBytes))
  }

  /**
   * Whether what is held of a file is no part of a delimiter and can be let go. Pictures are looked through where they
   * lie: joining each chunk with what was held took a fifth of an upload's time.
   */
  #followsFile(chunk: Buffer): boolean {
    if (this.#state !== 'file' || chunk.length < this.#delimiter.length) return false
    const seam = Buffer.concat([this.#held, chunk.subarray(0, this.#delimiter.length)])
    return !seam.includes(this.#delimiter)
  }

  /** Takes one thing off the front and returns what follows; undefined: more bytes are needed, the rest is held. */
  #step(rest: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'boundary':
        return this.#readBoundary(rest)
      case 'head':
        return this.#readHead(rest)
      case 'field':
        return this.#readField(rest)
      case 'file':
        return this.#readFile(rest)
      case 'end':
        // RFC 2046 lets text follow; nobody sends any but a line break.
        if (rest.length > 2) refuse('Something follows the end of the form.')
        return this.#hold(rest)
    }
  }

  #hold(rest: Buffer): Buffer | undefined {
    this.#held = rest
    return undefined
  }

  #readBoundary(rest: Buffer): Buffer | undefined {
    const length = this.#delimiter.length
    if (rest.length < length + 2) return this.#hold(rest)
    if (!rest.subarray(0, length).equals(this.#delimiter)) refuse('The form does not start with its boundary.')
    const sign = rest.toString('latin1', length, length + 2)
    if (sign === '--') this.#state = 'end'
    else if (sign === '\r\n') this.#state = 'head'
    else refuse('The form has a wrong boundary.')
    return rest.subarray(length + 2)
  }

  #readHead(rest: Buffer): Buffer | undefined {
    const end = rest.indexOf('\r\n\r\n')
    if (end > MAX_HEAD_BYTES || (end === -1 && rest.length > MAX_HEAD_BYTES))
      refuse('A part of the form has a too long head.')
    if (end === -1) return this.#hold(rest)
    this.#takeHead(rest.toString('utf8', 0, end).split('\r\n'))
    this.#passedBytes = 0
    // The line break that ends the head is also the one before a delimiter that follows at once.
    return rest.subarray(end + LINE_BREAK_BYTES)
  }

  #takeHead(lines: readonly string[]): void {
    let disposition: string | undefined
    let type: string | undefined
    this.#saidBytes = undefined
    if (lines.some((line) => ODD_IN_HEAD.test(line))) refuse('A part of the form has a control character in its head.')
    for (const line of lines) {
      const [name = '', ...values] = line.split(':')
      const value = values.join(':').trim()
      const key = name.toLowerCase()
      if (key === 'content-disposition' && disposition === undefined) disposition = value
      else if (key === 'content-type' && type === undefined) type = value
      else if (key === 'content-length' && this.#saidBytes === undefined) this.#saidBytes = readLength(value)
      // No other header, no second one, no continued line: a transfer encoding would hide what the file is.
      else refuse('A part of the form has a header that is not accepted.')
    }
    const match = DISPOSITION.exec(disposition ?? '') ?? refuse('A part of the form has no plain name.')
    const name = match[1] ?? ''
    const isFile = match[2] !== undefined
    if (name === CHARSET_FIELD || (type !== undefined && !(isFile ? FILE_TYPE : FIELD_TYPE).test(type))) {
      refuse('A part of the form is in an encoding that is not accepted.')
    }
    if (this.#fields.has(name) || this.#fields.size >= MAX_PARTS) refuse('A field of the form was sent more than once.')
    this.#fields.add(name)
    this.#name = name
    this.#state = isFile ? 'file' : 'field'
    if (match[2] !== undefined) this.#checkFile(match[2])
    else if (FILE_FIELDS.has(name)) refuse('The picture has no file name.')
  }

  #checkFile(raw: string): void {
    if (!FILE_FIELDS.has(this.#name)) refuse('The form carries a file in a field that takes none.')
    // Browsers write a quote in a name as %22 (WHATWG form encoding), some tools as \".
    const fileName = raw.replace(/\\(["\\])/g, '$1')
    checkFileName(fileName)
    this.#content = new ContentInspector(fileName, this.#limits)
  }

  #readField(rest: Buffer): Buffer | undefined {
    const end = rest.indexOf(this.#delimiter)
    if (end > MAX_FIELD_BYTES || (end === -1 && rest.length > MAX_FIELD_BYTES + this.#delimiter.length)) {
      refuse('A field of the form is too long.')
    }
    if (end === -1) return this.#hold(rest)
    this.#checkEnd(end)
    checkField(this.#name, rest.toString('utf8', LINE_BREAK_BYTES, end))
    this.#state = 'boundary'
    return rest.subarray(end)
  }

  #readFile(rest: Buffer): Buffer | undefined {
    const end = rest.indexOf(this.#delimiter)
    if (end === -1) {
      const passed = Math.max(0, rest.length - this.#delimiter.length)
      this.#pass(rest.subarray(0, passed))
      return this.#hold(rest.subarray(passed))
    }
    this.#checkEnd(end)
    this.#pass(rest.subarray(0, end))
    this.#content?.end()
    this.#content = undefined
    this.#state = 'boundary'
    return rest.subarray(end)
  }

  /** Whether every reader finds the part's end where we did, `at` bytes into what is held. */
  #checkEnd(at: number): void {
    const bytes = this.#passedBytes + at - LINE_BREAK_BYTES
    if (bytes < 0) refuse('A part of the form has no content.')
    if (this.#saidBytes !== undefined && this.#saidBytes !== bytes)
      refuse('A part of the form is not as long as it says.')
  }
}

function readLength(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : refuse('A part of the form has a wrong length.')
}

function checkField(name: string, value: string): void {
  if (name === 'subfolder') checkSubfolder(value)
  else if (name === 'type' && !TYPES.has(value)) refuse('Pictures are uploaded as input.')
  else if (name === 'original_ref') checkOriginal(value)
}

/** `POST /upload/mask` copies the picture that this names. */
function checkOriginal(value: string): void {
  const original = parseOriginal(value)
  const text = (key: string): string => {
    const member = original.get(key)
    return member === undefined || typeof member === 'string' ? (member ?? '') : refuse('original_ref is not valid.')
  }
  checkFileName(text('filename'))
  // ComfyUI takes the folder from the name's end, whatever the type says.
  if (hasFolderSuffix(text('filename')) || !ORIGINAL_TYPES.has(text('type'))) refuse('original_ref is not valid.')
  checkSubfolder(text('subfolder'))
}

function parseOriginal(value: string): ReadonlyMap<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(value)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return new Map(Object.entries(parsed))
  } catch {
    // Not JSON: refused below like everything else that is no object.
  }
  return refuse('original_ref is not valid.')
}
