import path from 'node:path'
import type { Installation } from './installation.ts'
import type { InstallationDeps } from './installationDeps.ts'

/** Where the parts of one kind of installation are, before anybody looked whether they are there. */
export interface Layout {
  kind: Installation['kind']
  directory: string
  /** The folder that holds main.py. */
  codeDirectory: string
  /** Programs to try, the best first. */
  pythons: readonly string[]
  pythonArguments: readonly string[]
  ownArguments: readonly string[]
}

type PathFlavour = typeof path.posix

export function pathFlavour(platform: NodeJS.Platform): PathFlavour {
  return platform === 'win32' ? path.win32 : path.posix
}

/** The Python of a virtual environment. */
export function venvPython(directory: string, platform: NodeJS.Platform): string {
  const paths = pathFlavour(platform)
  return platform === 'win32' ? paths.join(directory, 'Scripts', 'python.exe') : paths.join(directory, 'bin', 'python')
}

/** Which layout the picked folder has; undefined where it is no ComfyUI that we know. */
export function findLayout(picked: string, deps: InstallationDeps): Layout | undefined {
  const paths = pathFlavour(deps.platform)
  const directory = paths.resolve(picked)
  const portableRoots = [directory, paths.dirname(directory), paths.join(directory, 'ComfyUI_windows_portable')]
  const portable = portableRoots.find((root) => isPortable(root, deps))
  if (portable !== undefined && startsInside(directory, portable, deps)) return portableLayout(portable, deps)
  if (hasMain(directory, deps)) return folderLayout(directory, directory, deps)
  const inner = paths.join(directory, 'ComfyUI')
  if (hasMain(inner, deps)) return folderLayout(inner, inner, deps)
  return desktopLayout(directory, deps)
}

function hasMain(directory: string, deps: InstallationDeps): boolean {
  return deps.isFile(pathFlavour(deps.platform).join(directory, 'main.py'))
}

function isPortable(root: string, deps: InstallationDeps): boolean {
  const paths = pathFlavour(deps.platform)
  return hasMain(paths.join(root, 'ComfyUI'), deps) && deps.isFile(paths.join(root, 'python_embeded', 'python.exe'))
}

/** A folder that merely lies beside a portable ComfyUI is not one. */
function startsInside(directory: string, root: string, { platform }: InstallationDeps): boolean {
  const paths = pathFlavour(platform)
  return directory === root || directory === paths.join(root, 'ComfyUI') || paths.dirname(root) === directory
}

function portableLayout(root: string, { platform }: InstallationDeps): Layout {
  const paths = pathFlavour(platform)
  return {
    kind: 'portable',
    directory: root,
    codeDirectory: paths.join(root, 'ComfyUI'),
    pythons: [paths.join(root, 'python_embeded', 'python.exe')],
    // As its own run_nvidia_gpu.bat: -s keeps packages of another Python out.
    pythonArguments: ['-s'],
    ownArguments: ['--windows-standalone-build'],
  }
}

function folderLayout(directory: string, codeDirectory: string, { platform }: InstallationDeps): Layout {
  const paths = pathFlavour(platform)
  const parent = paths.dirname(codeDirectory)
  const venvs = [codeDirectory, parent].flatMap((base) =>
    ['venv', '.venv', 'env'].map((name) => paths.join(base, name)),
  )
  return {
    kind: 'folder',
    directory,
    codeDirectory,
    pythons: venvs.map((venv) => venvPython(venv, platform)),
    pythonArguments: [],
    ownArguments: [],
  }
}

/** Where ComfyUI Desktop keeps ComfyUI's code: inside the app, apart from the owner's base folder. */
export function desktopCodeDirectories({ platform, environment, homeDirectory }: InstallationDeps): string[] {
  const paths = pathFlavour(platform)
  if (platform === 'darwin') {
    const apps = ['/Applications', paths.join(homeDirectory, 'Applications')]
    return apps.map((folder) => paths.join(folder, 'ComfyUI.app', 'Contents', 'Resources', 'ComfyUI'))
  }
  if (platform !== 'win32') return ['/opt/ComfyUI/resources/ComfyUI']
  const local = environment['LOCALAPPDATA'] ?? paths.join(homeDirectory, 'AppData', 'Local')
  const programs = [paths.join(local, 'Programs'), environment['ProgramFiles'] ?? 'C:\\Program Files']
  return programs.flatMap((program) =>
    ['@comfyorgcomfyui-electron', 'comfyui-electron', 'ComfyUI'].map((name) =>
      paths.join(program, name, 'resources', 'ComfyUI'),
    ),
  )
}

/** ComfyUI Desktop's own data folder, with config.json and extra_models_config.yaml. */
export function desktopDataDirectory({ platform, environment, homeDirectory }: InstallationDeps): string {
  const paths = pathFlavour(platform)
  if (platform === 'win32')
    return paths.join(environment['APPDATA'] ?? paths.join(homeDirectory, 'AppData', 'Roaming'), 'ComfyUI')
  if (platform === 'darwin') return paths.join(homeDirectory, 'Library', 'Application Support', 'ComfyUI')
  return paths.join(environment['XDG_CONFIG_HOME'] ?? paths.join(homeDirectory, '.config'), 'ComfyUI')
}

function desktopLayout(base: string, deps: InstallationDeps): Layout | undefined {
  const paths = pathFlavour(deps.platform)
  const python = venvPython(paths.join(base, '.venv'), deps.platform)
  const isBase = deps.isFile(python) && deps.isDirectory(paths.join(base, 'user'))
  const codeDirectory = desktopCodeDirectories(deps).find((directory) => hasMain(directory, deps))
  if (!isBase || codeDirectory === undefined) return undefined
  const models = paths.join(desktopDataDirectory(deps), 'extra_models_config.yaml')
  const pages = paths.join(codeDirectory, 'web_custom_versions', 'desktop_app')
  return {
    kind: 'desktop',
    directory: base,
    codeDirectory,
    pythons: [python],
    pythonArguments: [],
    ownArguments: [
      ...['--base-directory', base],
      ...['user', 'input', 'output'].flatMap((name) => [`--${name}-directory`, paths.join(base, name)]),
      ...(deps.isDirectory(pages) ? ['--front-end-root', pages] : []),
      ...(deps.isFile(models) ? ['--extra-model-paths-config', models] : []),
      ...['--database-url', `sqlite:///${paths.join(base, 'user', 'comfyui.db')}`],
    ],
  }
}
