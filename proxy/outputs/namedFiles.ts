import { markerFolder } from '../isolation/folderMarker.ts'

/*
 * proxy/outputs/ knows which files people's jobs made: it records, lists, opens, removes and brings back those and no
 * others. It knows the database, the folders of isolation/ and the queue; it knows no request.
 */

/** A file below somebody's output folder, as a history entry names it. */
export interface NamedFile {
  /** Parts joined with `/`; empty: in the folder itself. */
  readonly subfolder: string
  readonly name: string
}

/** More than any workflow saves; what a node says beyond is not looked at. */
const MAX_FILES = 5_000
const MAX_PART_LENGTH = 255
const MAX_DEPTH = 32
const MODEL_FILE = /\.(?:obj|fbx|gltf|glb|usdz|stl|ply)$/i

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The files of type `output` that a history entry (JSON text) names, each once: `{outputs: {<node>: {<kind>: [{filename,
 * subfolder, type}]}}}` (ComfyUI 0.3.64, nodes.py). Nodes choose these names, so one that could lead out of the folder is
 * left out here already.
 */
export function findNamedFiles(entry: string): NamedFile[] {
  const files = new Map<string, NamedFile>()
  for (const item of listItems(entry)) {
    const file = readItem(item)
    if (file === undefined || !isPlainPath(file)) continue
    files.set(`${file.subfolder}/${file.name}`, file)
    if (files.size >= MAX_FILES) break
  }
  return [...files.values()]
}

function* listItems(entry: string): Generator {
  const parsed: unknown = parse(entry)
  const outputs = isRecord(parsed) ? parsed['outputs'] : undefined
  for (const node of isRecord(outputs) ? Object.values(outputs) : []) {
    for (const items of isRecord(node) ? Object.values(node) : []) if (Array.isArray(items)) yield* items
  }
}

function parse(entry: string): unknown {
  try {
    return JSON.parse(entry)
  } catch {
    // An entry that cannot be read names nothing.
    return undefined
  }
}

function readItem(item: unknown): NamedFile | undefined {
  // Preview3D names a file of the output folder by its path.
  if (typeof item === 'string') return MODEL_FILE.test(item) ? splitPath('', item) : undefined
  if (!isRecord(item) || item['type'] !== 'output') return undefined
  const { filename, subfolder = '' } = item
  return typeof filename === 'string' && typeof subfolder === 'string' ? splitPath(subfolder, filename) : undefined
}

/** ComfyUI on Windows separates with backslashes, and nodes put folders into names. */
function splitPath(subfolder: string, filename: string): NamedFile {
  const parts = `${subfolder}/${filename}`.replaceAll('\\', '/').split('/')
  const name = parts.pop() ?? ''
  return { subfolder: parts.filter((part) => part !== '' && part !== '.').join('/'), name }
}

const isPlainPath = ({ subfolder, name }: NamedFile): boolean => toParts({ subfolder, name }) !== undefined

// eslint-disable-next-line no-control-regex -- NUL ends a name for the system; the others only confuse people
const NOT_IN_NAMES = /[\u0000-\u001f/\\]/

/** The parts of its path; undefined for one that could lead out of the folder, or into what is ours. */
export function toParts({ subfolder, name }: NamedFile): string[] | undefined {
  const parts = subfolder === '' ? [name] : [...subfolder.split('/'), name]
  const isPlain = (part: string): boolean =>
    part !== '' && part !== '.' && part !== '..' && part.length <= MAX_PART_LENGTH && !NOT_IN_NAMES.test(part)
  // A colon names a drive or a hidden stream on Windows.
  const isHarmless = process.platform !== 'win32' || parts.every((part) => !/[:*?"<>|]|[. ]$/.test(part))
  const isOurs = parts[0]?.toLowerCase() === markerFolder
  return parts.length <= MAX_DEPTH && parts.every(isPlain) && isHarmless && !isOurs ? parts : undefined
}
