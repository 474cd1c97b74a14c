import { join, resolve } from 'node:path'

export interface CommandLine {
  /** Given by `--data-dir` or GATEHOUSE_DATA_DIR. */
  readonly dataDirectory: string | undefined
  /** Start in the tray, as at login. */
  readonly hidden: boolean
}

/** Reads our own arguments out of everything Electron was started with. */
export function parseCommandLine(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const position = argv.indexOf('--data-dir')
  const joined = argv.find((argument) => argument.startsWith('--data-dir='))
  const given = joined?.slice('--data-dir='.length) ?? (position < 0 ? undefined : argv[position + 1])
  const directory = given ?? environment['GATEHOUSE_DATA_DIR']
  return {
    dataDirectory: directory === undefined || directory === '' ? undefined : resolve(directory),
    hidden: argv.includes('--hidden'),
  }
}

/** Where everything lies that the app brings along. */
export interface AppPaths {
  readonly preload: string
  readonly pagesDirectory: string
  readonly practiceEngine: string
  readonly keychainWorker: string
  readonly pictureWorker: string
  readonly hashWorker: string
  readonly protectionCheck: string
  readonly companionDirectory: string
  readonly icon: string
  readonly trayDirectory: string
}

/**
 * Packaged, code lies in the asar and what others read (Python, the system) beside it; in a checkout everything lies
 * below its root.
 */
export function appPaths(options: { packaged: boolean; appDirectory: string; resourcesDirectory: string }): AppPaths {
  const dist = join(options.appDirectory, 'dist')
  const resources = options.packaged ? options.resourcesDirectory : join(options.appDirectory, 'resources')
  return {
    preload: join(dist, 'preload.cjs'),
    pagesDirectory: join(dist, 'pages'),
    practiceEngine: join(dist, 'practiceEngine.cjs'),
    keychainWorker: join(dist, 'keychainWorker.cjs'),
    pictureWorker: join(dist, 'pictureWorker.cjs'),
    hashWorker: join(dist, 'hashWorker.cjs'),
    protectionCheck: join(dist, 'protectionCheck.cjs'),
    companionDirectory: join(resources, 'comfyui-companion'),
    icon: join(resources, 'icons', 'linux', '512x512.png'),
    trayDirectory: join(resources, 'tray'),
  }
}
