import { z } from 'zod'
import type { Installation } from './installation.ts'
import type { InstallationDeps } from './installationDeps.ts'
import { desktopDataDirectory, findLayout, pathFlavour } from './layouts.ts'

/** A folder that looks like a ComfyUI. Whether it starts is for `inspectInstallation` to say. */
export interface InstallationCandidate {
  kind: Installation['kind']
  directory: string
}

const desktopConfigSchema = z.object({ basePath: z.string().min(1) })
const windowsDrives = ['C:\\', 'D:\\', 'E:\\', 'F:\\']
const names = ['ComfyUI', 'comfyui', 'ComfyUI_windows_portable']

/** Looks at the usual places of this computer; runs nothing. Each installation once, the likeliest first. */
export function findInstallations(deps: InstallationDeps): InstallationCandidate[] {
  const paths = pathFlavour(deps.platform)
  const seen = new Set<string>()
  return candidateDirectories(deps).flatMap((directory) => {
    const layout = deps.isDirectory(directory) ? findLayout(directory, deps) : undefined
    if (layout === undefined) return []
    const key = deps.platform === 'linux' ? layout.codeDirectory : paths.normalize(layout.codeDirectory).toLowerCase()
    if (seen.has(key)) return []
    seen.add(key)
    return [{ kind: layout.kind, directory: layout.directory }]
  })
}

/** Folders worth a look, whether they exist or not. Pure but for ComfyUI Desktop's configuration file. */
export function candidateDirectories(deps: InstallationDeps): string[] {
  const { platform, homeDirectory, environment } = deps
  const paths = pathFlavour(platform)
  const below = (parent: string): string[] => names.map((name) => paths.join(parent, name))
  const home = ['', 'Documents', 'Desktop', 'Downloads', 'comfy', 'AI', 'ai', 'git', 'src', 'code', 'projects']
  const homes = home.map((name) => paths.join(homeDirectory, name)).flatMap(below)
  const stabilityMatrix = [
    paths.join(environment['APPDATA'] ?? homeDirectory, 'StabilityMatrix', 'Packages', 'ComfyUI'),
    paths.join(homeDirectory, 'StabilityMatrix', 'Data', 'Packages', 'ComfyUI'),
    paths.join(homeDirectory, '.local', 'share', 'StabilityMatrix', 'Packages', 'ComfyUI'),
  ]
  const pinokio = [paths.join(homeDirectory, 'pinokio', 'api', 'comfy.git', 'app')]
  const drives = platform === 'win32' ? windowsDrives.flatMap((drive) => [drive, paths.join(drive, 'AI')]) : []
  const system = platform === 'win32' ? drives.flatMap(below) : ['/opt', '/srv', '/workspace'].flatMap(below)
  const desktop = findDesktopBase(deps)
  const all = [...(desktop === undefined ? [] : [desktop]), ...homes, ...stabilityMatrix, ...pinokio, ...system]
  return [...new Set(all)]
}

/** The base folder that ComfyUI Desktop wrote into its config.json. */
export function findDesktopBase(deps: InstallationDeps): string | undefined {
  const text = deps.readText(pathFlavour(deps.platform).join(desktopDataDirectory(deps), 'config.json'))
  if (text === undefined) return undefined
  try {
    const parsed = desktopConfigSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data.basePath : undefined
  } catch {
    // Not JSON: another program's file, or half written. Then there is nothing to find here.
    return undefined
  }
}
