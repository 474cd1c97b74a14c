import { GateError } from '../contract/errorCodes.ts'

const refuse = (message: string): never => {
  throw new GateError('BAD_REQUEST', message)
}

// eslint-disable-next-line no-control-regex -- control bytes are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
/** Names that Windows takes for devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?:\.|$)/i
/** ComfyUI reads a folder from the end of a name: `x.png [output]`. */
const FOLDER_SUFFIX = /\[(?:input|output|temp)\]$/
const MAX_NAME_LENGTH = 200
/** Deeper than that results are not recorded (proxy/outputs/namedFiles.ts). */
const MAX_FOLDERS = 30
/** Characters that some file systems leave out when they compare names (CVE-2014-9390). */
const IGNORED = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g

/**
 * Whether a part of a path is the folder in which the gate keeps its own things within somebody's: in any case, with
 * what Windows leaves out at the end or takes for a stream, or by the short name that Windows gives it.
 */
function isOurs(part: string): boolean {
  const plain = part.normalize('NFKC').replace(IGNORED, '').toLowerCase()
  return /^(?:\.gatehouse|gateho~\d+)(?:[. ]*$|:)/.test(plain)
}

/** The name of a file as a client may give it, on every system. @throws GateError BAD_REQUEST */
export function checkFileName(name: string): void {
  if (name === '' || name.length > MAX_NAME_LENGTH) refuse('The file name is empty or too long.')
  if (/[/\\:*?"<>|]/.test(name) || CONTROL.test(name)) refuse('The file name contains a character that is not allowed.')
  if (name === '.' || name === '..' || /[. ]$/.test(name) || DEVICE.test(name)) refuse('That file name is not allowed.')
  if (isOurs(name)) refuse('That file name is not allowed.')
}

/**
 * The text with which the names of saved files begin, as a workflow gives it. What is saved under such a name would lie
 * among the gate's own files, or be recorded nowhere. @throws GateError BAD_REQUEST
 */
export function checkFilePrefix(prefix: string): void {
  if (CONTROL.test(prefix)) refuse('The names of files in this workflow contain characters that are not allowed.')
  if (prefix.includes('\\')) refuse('Folders in the names of files are parted by “/”, not by “\\”.')
  const parts = prefix.split('/')
  if (parts.length > MAX_FOLDERS) refuse('The names of files in this workflow lie in too many folders.')
  if (parts.some(isOurs)) refuse('A folder in the names of files in this workflow is not allowed.')
}

/** Whether ComfyUI would read a folder from the end of the name. */
export function hasFolderSuffix(name: string): boolean {
  return FOLDER_SUFFIX.test(name)
}

/** A path below a folder of ComfyUI; empty is the folder itself. @throws GateError BAD_REQUEST */
export function checkSubfolder(path: string): void {
  if (path === '') return
  for (const part of path.split('/')) checkFileName(part)
}

/** A file below a folder of ComfyUI, for reading: no way out of the folder, whatever system it is on. */
function checkReadablePath(path: string, what: string): void {
  if (path.includes('\\') || CONTROL.test(path)) refuse(`${what} contains a character that is not allowed.`)
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) refuse(`${what} must not be absolute.`)
  if (path.split('/').includes('..')) refuse(`${what} must not lead out of its folder.`)
  if (path.split('/').some(isOurs)) refuse(`${what} is not allowed.`)
}

/**
 * `GET /view`: ComfyUI 0.3.64 follows what the name says; newer ones resolve `blake3:` names to anybody's file.
 * @throws GateError BAD_REQUEST
 */
export function checkViewQuery(pairs: readonly (readonly [string, string])[]): void {
  const query = new Map(pairs)
  const fileName = query.get('filename')?.replace(FOLDER_SUFFIX, '').trimEnd() ?? ''
  if (/^\s*blake3:/i.test(fileName)) refuse('Files are asked for by name.')
  checkReadablePath(fileName, 'The file name')
  checkReadablePath(query.get('subfolder') ?? '', 'The folder')
}

/** `GET /userdata` and `/v2/userdata`. @throws GateError BAD_REQUEST */
export function checkUserdataQuery(pairs: readonly (readonly [string, string])[]): void {
  const query = new Map(pairs)
  for (const name of ['dir', 'path']) {
    const value = query.get(name) ?? ''
    checkReadablePath(value, 'The folder')
    // `/v2/userdata` decodes it once more.
    checkReadablePath(decodeLeniently(value), 'The folder')
  }
}

/**
 * `GET /experiment/models/preview/…`: ComfyUI 0.3.64 joins the name without a check and so reads any picture on disk.
 * @throws GateError BAD_REQUEST
 */
export function checkPreviewPath(segments: readonly string[]): void {
  const at = segments.indexOf('preview')
  if (!/^\d{1,4}$/.test(segments[at + 2] ?? '')) refuse('The folder is given by its number.')
  checkReadablePath(segments.slice(at + 3).join('/'), 'The file name')
}

/** As Python's unquote: what is no encoding stays as it is and hides nothing of the rest. Bytes beyond ASCII do not matter. */
function decodeLeniently(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}
