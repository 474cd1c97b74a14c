import { userInfo } from 'node:os'
import { join } from 'node:path'
import { app, nativeTheme, powerMonitor, shell } from 'electron'
import type { BrowserWindow } from 'electron'
import { GateError } from '../proxy/contract/errorCodes.ts'
import { assertNever } from '../proxy/core/assertNever.ts'
import { systemClock } from '../proxy/core/clock.ts'
import { systemRandom } from '../proxy/core/random.ts'
import { LaunchRefused } from '../launcher/launchRefused.ts'
import { openService } from '../service/gatehouseService.ts'
import type { GatehouseService } from '../service/serviceTypes.ts'
import type { LogFile } from '../service/logFile.ts'
import { createRoutes } from './ipc/handlers.ts'
import { notifyPage, openMainIpc } from './ipc/mainIpc.ts'
import { DesktopRefused } from './ipc/mainIpc.ts'
import { setAutostart } from './shell/autostart.ts'
import type { StartCommand } from './shell/autostart.ts'
import type { AppPaths } from './shell/appPaths.ts'
import { CanvasWindow } from './shell/canvasWindow.ts'
import { createSystemClipboard, ExpiringClipboard } from './shell/clipboard.ts'
import * as dialogs from './shell/dialogs.ts'
import { showKeyOnce } from './shell/keyWindow.ts'
import { OwnerWindow } from './shell/mainWindow.ts'
import { showNotification } from './shell/notifications.ts'
import { TrayIcon } from './shell/tray.ts'
import type { TrayCommand, TrayState } from './shell/trayMenu.ts'
import { decideOnClose, peopleInside } from './shell/windowClosing.ts'

/** A little more than the service's own steps may take together; then the process ends anyway. */
const STOP_DEADLINE_MS = 45_000

export interface ApplicationOptions {
  readonly platform: NodeJS.Platform
  readonly paths: AppPaths
  readonly dataDirectory: string
  readonly hidden: boolean
  readonly logFile: LogFile
  /** How the system starts Gatehouse at login. */
  readonly startCommand: StartCommand
  readonly autostartFile: string
}

/** Whether an error's message is written for people. */
export function isForPeople(error: unknown): error is Error {
  return error instanceof GateError || error instanceof LaunchRefused || error instanceof DesktopRefused
}

/**
 * The composition root: opens the service, then the window and the tray; ends them the other way round. Knows every part,
 * and decides nothing that a pure function of shell/ can decide.
 */
export class Application {
  readonly #options: ApplicationOptions
  readonly #service: GatehouseService
  readonly #window: OwnerWindow
  readonly #canvas: CanvasWindow
  readonly #tray: TrayIcon
  readonly #clipboard: ExpiringClipboard
  readonly #closers: (() => void)[] = []
  #phase: 'running' | 'asking' | 'stopping' = 'running'
  #people: TrayState['people'] = []
  #ownerId: string | undefined
  #engineKind = 'stopped'
  #startsAtLogin: boolean
  #startAgain = false

  /** Opens the data folder and everything that listens. @throws GateError in words when that cannot be */
  static async open(options: ApplicationOptions): Promise<Application> {
    const service = await openService({
      dataDirectory: options.dataDirectory,
      mode: 'desktop',
      platform: options.platform,
      nodeCommand: { file: process.execPath, args: [], env: { ELECTRON_RUN_AS_NODE: '1' } },
      paths: options.paths,
      clock: systemClock,
      random: systemRandom,
      logger: options.logFile.logger,
      ownerName: userInfo().username,
    })
    try {
      await service.start()
    } catch (error) {
      await service.stop()
      throw error
    }
    return new Application(options, service)
  }

  private constructor(options: ApplicationOptions, service: GatehouseService) {
    this.#options = options
    this.#service = service
    this.#startsAtLogin = service.settings.get('window.startAtLogin')
    this.#clipboard = new ExpiringClipboard(createSystemClipboard(options.platform), options.logFile.logger)
    this.#window = new OwnerWindow({
      preload: options.paths.preload,
      icon: options.paths.icon,
      stateFile: join(app.getPath('userData'), 'window.json'),
      logger: options.logFile.logger,
      onClose: () => this.#closeWindow(),
      onExternalLink: (link) => void shell.openExternal(link.href),
    })
    this.#canvas = new CanvasWindow({
      icon: options.paths.icon,
      onExternalLink: (window, link) => void this.#openLinkOfCanvas(window, link),
    })
    this.#tray = new TrayIcon({
      directory: options.paths.trayDirectory,
      platform: options.platform,
      onCommand: (command) => this.#run(this.#command(command)),
    })
  }

  /** Shows the tray and, unless started hidden, the window. */
  async show(): Promise<void> {
    this.#openIpc()
    this.#watch()
    this.#applySettings()
    await this.#refreshPeople()
    await this.#window.open(await this.#service.openOwnerSession(), { hidden: this.#options.hidden })
  }

  /** A second start, a click on the dock or the tray: bring the window back. */
  bringToFront(): void {
    // While stopping there is no window to show: the person wants Gatehouse, so it comes back by itself.
    if (this.#phase === 'stopping') this.#startAgain = true
    else this.#window.show()
  }

  /** Asks if people are inside, then ends everything. */
  async quit(): Promise<void> {
    if (this.#phase !== 'running') return
    this.#phase = 'asking'
    const names = peopleInside(this.#service.connections(), this.#ownerId)
    const leave = names.length === 0 || (await dialogs.askQuit(this.#window.window, names))
    this.#phase = 'running'
    if (leave) await this.shutDown(0)
  }

  /** Ends everything without asking, then the process. */
  async shutDown(exitCode: number): Promise<void> {
    if (this.#phase === 'stopping') return
    this.#phase = 'stopping'
    const { logger } = this.#options.logFile
    logger.info({}, 'stopping')
    for (const close of this.#closers) close()
    this.#tray.close()
    this.#window.destroy()
    const stopped = await within(STOP_DEADLINE_MS, async () => {
      await this.#canvas.destroy()
      await this.#clipboard.takeBack()
      await this.#service.stop()
    })
    if (stopped.ok) logger.info({}, 'stopped')
    else logger.error({ err: stopped.error }, 'could not stop everything in time')
    this.#options.logFile.close()
    if (this.#startAgain) app.relaunch()
    app.exit(stopped.ok ? exitCode : 1)
  }

  #openIpc(): void {
    const routes = createRoutes(this.#service, {
      platform: this.#options.platform,
      version: app.getVersion(),
      dataDirectory: this.#options.dataDirectory,
      pickComfyuiFolder: () => dialogs.pickComfyuiFolder(this.#window.window),
      openCanvas: () => this.#openCanvas(),
      copy: (text) => this.#clipboard.copy(text),
      copySecret: (text) => this.#clipboard.copySecret(text),
      openFolder: async (directory) => {
        const problem = await shell.openPath(directory)
        if (problem !== '') throw new DesktopRefused(`The folder could not be opened: ${directory}`)
      },
      notify: (name, payload) => notifyPage(this.#window.contents, name, payload),
    })
    const { logger } = this.#options.logFile
    this.#closers.push(openMainIpc({ routes, owner: () => this.#window.identity, logger, isForPeople }))
  }

  #watch(): void {
    const refresh = (): void => this.#refresh()
    const refreshPeople = (): void => this.#run(this.#refreshPeople())
    const { engine, settings, sharing } = this.#service
    this.#closers.push(
      engine.onStateChange(refresh),
      // It also says when people or their keys changed: they are who can come in.
      sharing.onChange(refreshPeople),
      settings.onChange(() => this.#applySettings()),
      this.#service.onConnectionsChange(refresh),
    )
    const endNow = (): void => void this.shutDown(0)
    powerMonitor.on('shutdown', endNow)
    this.#closers.push(() => powerMonitor.off('shutdown', endNow))
  }

  #applySettings(): void {
    const { settings } = this.#service
    nativeTheme.themeSource = settings.get('window.appearance')
    const startsAtLogin = settings.get('window.startAtLogin')
    if (startsAtLogin !== this.#startsAtLogin) {
      this.#startsAtLogin = startsAtLogin
      const { platform, startCommand, autostartFile } = this.#options
      this.#run(setAutostart(startsAtLogin, { platform, command: startCommand, linuxFile: autostartFile }))
    }
    this.#refresh()
  }

  async #refreshPeople(): Promise<void> {
    const people = await this.#service.people()
    this.#people = people.map(({ id, name }) => ({ id, name }))
    this.#ownerId = people.find((person) => person.isOwner)?.id
    this.#refresh()
  }

  #refresh(): void {
    if (this.#phase === 'stopping') return
    const engine = this.#service.engine.state()
    if (engine.kind === 'failed' && this.#engineKind !== 'failed' && !this.#isWindowInFront()) {
      showNotification('ComfyUI does not start', engine.failure.message, () => this.#window.show())
    }
    this.#engineKind = engine.kind
    this.#tray.update({
      engine,
      choice: this.#service.settings.get('comfyui.engine'),
      sharing: this.#service.sharing.describe(),
      people: this.#people,
      present: peopleInside(this.#service.connections(), this.#ownerId),
    })
  }

  #isWindowInFront(): boolean {
    return this.#window.window?.isFocused() === true
  }

  #command(command: TrayCommand): Promise<void> {
    switch (command.kind) {
      case 'openWindow':
        this.#window.show()
        return Promise.resolve()
      case 'openCanvas':
        return this.#openCanvas()
      case 'startEngine':
        return this.#service.engine.start()
      case 'stopEngine':
        return this.#service.engine.stop()
      case 'setSharing':
        return this.#service.sharing.set(command.on)
      case 'copyAddress':
        return this.#clipboard.copy(command.url)
      case 'showQrCode':
        this.#window.show()
        notifyPage(this.#window.contents, 'window:navigate', { path: '/' })
        return Promise.resolve()
      case 'createKey':
        return this.#createKey(command.accountId, command.name)
      case 'quit':
        return this.quit()
      default:
        return assertNever(command)
    }
  }

  async #createKey(accountId: string, personName: string): Promise<void> {
    const { key } = await this.#service.createKeyFor(accountId, 'Made in the tray')
    const copy = (): Promise<void> => this.#clipboard.copySecret(key)
    await copy()
    await showKeyOnce({ personName, key, icon: this.#options.paths.icon, copy })
  }

  #openCanvas(): Promise<void> {
    return this.#canvas.open(() => this.#service.openCanvasSession())
  }

  async #openLinkOfCanvas(window: BrowserWindow | undefined, link: URL): Promise<void> {
    if (await dialogs.askOpenLink(window, link)) await shell.openExternal(link.href)
  }

  /** True: the window may close. Whatever else is to happen follows by itself. */
  #closeWindow(): boolean {
    if (this.#phase === 'stopping') return true
    const { settings, engine, sharing } = this.#service
    const decision = decideOnClose({
      engine: engine.state(),
      sharingOn: sharing.describe().on,
      keepInTray: settings.get('window.keepInTray'),
      trayExplained: settings.get('window.trayExplained'),
    })
    if (decision === 'quit') this.#run(this.quit())
    else if (decision === 'hide') this.#window.hide()
    else this.#run(this.#explainAndHide())
    return false
  }

  async #explainAndHide(): Promise<void> {
    const answer = await dialogs.explainTray(this.#window.window, this.#options.platform)
    if (answer === 'quit') return this.quit()
    this.#window.hide()
    return this.#service.settings.set('window.trayExplained', true)
  }

  /** For work that nobody waits for: its failure is told to the owner, or logged when it is no refusal. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (this.#phase === 'stopping') return
      if (!isForPeople(error))
        this.#options.logFile.logger.error({ err: error }, 'something the owner asked for failed')
      void dialogs.showProblem(isForPeople(error) ? error.message : 'That did not work. The log has the details.')
    })
  }
}

async function within(
  deadlineMs: number,
  work: () => Promise<void>,
): Promise<{ ok: true } | { ok: false; error: unknown }> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${deadlineMs} ms`)), deadlineMs)
  })
  try {
    await Promise.race([work(), deadline])
    return { ok: true }
  } catch (error) {
    return { ok: false, error }
  } finally {
    clearTimeout(timer)
  }
}
