import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { app } from 'electron'
import { defaultDataFolder, openDataFolder } from '../proxy/database/dataFolder.ts'
import { openLogFile } from '../service/logFile.ts'
import type { LogFile } from '../service/logFile.ts'
import { Application, isForPeople } from './application.ts'
import { setApplicationMenu } from './shell/applicationMenu.ts'
import { appPaths, parseCommandLine } from './shell/appPaths.ts'
import { autostartFile } from './shell/autostart.ts'
import { showProblem } from './shell/dialogs.ts'
import { guardEveryPage } from './shell/navigationGuard.ts'

/** The entry of the desktop app: one instance per data folder, what happens at a crash, and the order of start and end. */

const commandLine = parseCommandLine(process.argv, process.env)
const dataDirectory = commandLine.dataDirectory ?? defaultDataFolder(process.platform, process.env, homedir())

let application: Application | undefined

/** AppImages are mounted anew at each start, so the file itself is what the system has to start. */
function startCommand(): { file: string; args: string[] } {
  const file = process.env['APPIMAGE'] ?? process.execPath
  const development = app.isPackaged ? [] : [app.getAppPath()]
  const dataFolder = commandLine.dataDirectory === undefined ? [] : ['--data-dir', commandLine.dataDirectory]
  return { file, args: [...development, ...dataFolder, '--hidden'] }
}

function watchForCrashes(logFile: LogFile): void {
  const { logger } = logFile
  process.on('unhandledRejection', (reason) => logger.error({ err: reason }, 'unhandled rejection'))
  process.on('uncaughtException', (error) => {
    logger.error({ err: error }, 'uncaught exception: stopping')
    // What is left may be in any state. ComfyUI must not be left behind without its gate.
    if (application === undefined) app.exit(1)
    else void application.shutDown(1)
  })
  app.on('child-process-gone', (_event, details) => {
    if (details.reason !== 'clean-exit') logger.warn({ type: details.type, reason: details.reason }, 'a process ended')
  })
}

function watchForEnd(): void {
  app.on('second-instance', () => application?.bringToFront())
  app.on('activate', () => application?.bringToFront())
  // Without a listener Electron would quit with the last window; the tray decides.
  app.on('window-all-closed', () => undefined)
  app.on('before-quit', (event) => {
    if (application === undefined) return
    event.preventDefault()
    void application.quit()
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (application === undefined) app.exit(0)
      else void application.shutDown(0)
    })
  }
}

async function start(): Promise<void> {
  await app.whenReady()
  const logFile = openLogFile(dataDirectory)
  watchForCrashes(logFile)
  watchForEnd()
  guardEveryPage(app, logFile.logger)
  setApplicationMenu(process.platform, {
    onShow: () => application?.bringToFront(),
    onQuit: () => {
      if (application === undefined) app.exit(0)
      else void application.quitByHand()
    },
  })
  try {
    application = await Application.open({
      platform: process.platform,
      paths: appPaths({
        packaged: app.isPackaged,
        appDirectory: app.getAppPath(),
        resourcesDirectory: process.resourcesPath,
      }),
      dataDirectory,
      // With a data folder of its own, everything of that Gatehouse lies below it.
      ...(commandLine.dataDirectory === undefined && { outputsRoot: join(app.getPath('pictures'), 'Gatehouse') }),
      hidden: commandLine.hidden || (process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin),
      logFile,
      startCommand: startCommand(),
      autostartFile: autostartFile(process.env, homedir()),
    })
    await application.show()
  } catch (error) {
    logFile.logger.error({ err: error }, 'Gatehouse could not start')
    await refuseStart(error)
  }
}

async function refuseStart(error: unknown): Promise<void> {
  await app.whenReady()
  const detail = isForPeople(error)
    ? error.message
    : `Something unexpected happened. The log in ${dataDirectory} says more.`
  await showProblem('Gatehouse could not start', detail)
  if (application === undefined) app.exit(1)
  else await application.shutDown(1)
}

app.setName('Gatehouse')
if (process.platform === 'win32') app.setAppUserModelId('app.gatehouse.desktop')
try {
  openDataFolder(dataDirectory)
  // Chromium's own files; the lock of the one instance goes with them, so every data folder may have one.
  const windowDirectory = join(dataDirectory, 'window')
  mkdirSync(windowDirectory, { recursive: true, mode: 0o700 })
  app.setPath('userData', windowDirectory)
  if (app.requestSingleInstanceLock()) void start()
  else app.exit(0)
} catch (error) {
  void refuseStart(error)
}
