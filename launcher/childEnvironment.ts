import path from 'node:path'

// Electron and Node read these, AppImage and snap set them, and Gatehouse's own may hold secrets.
const droppedNames = new Set([
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
  'NODE_V8_COVERAGE',
  'CHROME_DESKTOP',
  'ORIGINAL_XDG_CURRENT_DESKTOP',
  'APPDIR',
  'APPIMAGE',
  'ARGV0',
  'OWD',
])
const droppedPrefixes = ['ELECTRON_', 'GATEHOUSE_', 'npm_']
const pathLists = new Set(['PATH', 'LD_LIBRARY_PATH', 'XDG_DATA_DIRS', 'PYTHONPATH', 'GSETTINGS_SCHEMA_DIR'])

/**
 * What an engine inherits of our environment. Windows has no case in the names of variables. Folders of a mounted
 * AppImage leave the path lists: its libraries are not for Python.
 */
export function inheritableEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Record<string, string> {
  const isWindows = platform === 'win32'
  const normalize = (name: string): string => (isWindows ? name.toUpperCase() : name)
  const dropped = new Set([...droppedNames].map(normalize))
  const prefixes = droppedPrefixes.map(normalize)
  const mount = environment['APPDIR']
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || dropped.has(normalize(name))) continue
    if (prefixes.some((prefix) => normalize(name).startsWith(prefix))) continue
    const cleaned = mount !== undefined && pathLists.has(name) ? withoutMount(value, mount) : value
    if (cleaned !== '') kept[name] = cleaned
  }
  return kept
}

function withoutMount(list: string, mount: string): string {
  const isOutside = (entry: string): boolean => {
    const relative = path.posix.relative(mount, entry)
    return relative.startsWith('..') || path.posix.isAbsolute(relative)
  }
  return list
    .split(':')
    .filter((entry) => entry !== '' && isOutside(entry))
    .join(':')
}
