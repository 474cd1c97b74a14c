import { userInfo } from 'node:os'
import { join } from 'node:path'
import { app, powerMonitor, shell } from 'electron'
import type { BrowserWindow } from 'electron'
import { engineNames } from '../launcher/engineName.ts'
import { LaunchRefused } from '../launcher/launchRefused.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import { systemClock } from '../proxy/core/clock.ts'
import { systemRandom } from '../proxy/core/random.ts'
import { openService } from '../service/gatehouseService.ts'
import { followLogSettings } from '../service/logFile.ts'
import type { LogFile } from '../service/logFile.ts'
import type { GatehouseService } from '../service/serviceTypes.ts'
import { createRoutes } from './ipc/handlers.ts'
import { DesktopRefused, notifyPage, openMainIpc } from './ipc/mainIpc.ts'
import type { AppPaths } from './shell/appPaths.ts'
import type { StartCommand } from './shell/autostart.ts'
import { CanvasWindow } from './shell/canvasWindow.ts'
import { createSystemClipboard, ExpiringClipboard } from './shell/clipboard.ts'
import * as dialogs from './shell/dialogs.ts'
import { DoorBell, doorBellWords } from './shell/doorBell.ts'
import { findFirewallSettings, mendFirewall } from './shell/firewallMending.ts'
import { NetworkBell, networkBellWords } from './shell/networkBell.ts'
import { OwnerWindow } from './shell/mainWindow.ts'
import { showNotification } from './shell/notifications.ts'
import { TrayIcon } from './shell/tray.ts'
import type { TrayCommand } from './shell/trayMenu.ts'
import { hasTray } from './shell/trayPresence.ts'
import { TrayPresenter } from './shell/trayPresenter.ts'
import { decideOnClose } from './shell/windowClosing.ts'
import { stayAwake } from './stayAwake.ts'
import { runTrayCommand, showDoor } from './trayCommands.ts'
import { followWindowSettings } from './windowSettings.ts'

/** A little more than the service's own steps may take together; then the process ends anyway. */
const STOP_DEADLINE_MS = 45_000

export interface ApplicationOptions {
  readonly platform: NodeJS.Platform
  readonly paths: AppPaths
  readonly dataDirectory: string
  /** Where people's pictures go; left out: below the data folder. */
  readonly outputsRoot?: string
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
  readonly #tray: TrayPresenter
  readonly #clipboard: ExpiringClipboard
  readonly #closers: (() => void)[] = []
  #phase: 'running' | 'asking' | 'stopping' = 'running'
  #startAgain = false
  /** A second click while the first is thought about changes nothing. */
  #isClosing = false

  /** Opens the data folder and everything that listens. @throws GateError in words when that cannot be */
  static async open(options: ApplicationOptions): Promise<Application> {
    const service = await openService({
      dataDirectory: options.dataDirectory,
      ...(options.outputsRoot !== undefined && { outputsRoot: options.outputsRoot }),
      mode: 'desktop',
      platform: options.platform,
      nodeCommand: { file: process.execPath, args: [], env: { ELECTRON_RUN_AS_NODE: '1' } },
      paths: options.paths,
      clock: systemClock,
      random: systemRandom,
      logger: options.logFile.logger,
      ownerName: userInfo().username,
    })
    followLogSettings(options.logFile, service.settings)
    try {
      await service.start()
    } catch (error) {
      await service.stop()
      throw error
    }
    return new Application(options, service)
  }

  private constructor(options: ApplicationOptions, service: GatehouseService) {
    const { logger } = options.logFile
    this.#options = options
    this.#service = service
    this.#clipboard = new ExpiringClipboard(createSystemClipboard(options.platform), logger)
    this.#window = new OwnerWindow({
      preload: options.paths.preload,
      icon: options.paths.icon,
      stateFile: join(app.getPath('userData'), 'window.json'),
      logger,
      onClose: () => this.#closeWindow(),
      onExternalLink: (link) => void shell.openExternal(link.href),
      onSessionEnd: () => void this.shutDown(0),
    })
    this.#canvas = new CanvasWindow({
      icon: options.paths.icon,
      onExternalLink: (window, link) => void this.#openLinkOfCanvas(window, link),
      findBlock: () => this.#service.sharing.describe().localBlock,
      onNetwork: () => {
        this.#window.show()
        notifyPage(this.#window.contents, 'window:navigate', { path: '/network' })
      },
    })
    const tray = new TrayIcon({
      directory: options.paths.trayDirectory,
      platform: options.platform,
      onCommand: (command) => this.#runTrayCommand(command),
    })
    this.#tray = new TrayPresenter(service, {
      tray,
      onEngineFailed: (message) => this.#tellEngineFailed(message),
      onError: this.#tellOwner,
    })
  }

  /** Shows the tray and, unless started hidden, the window. */
  async show(): Promise<void> {
    const { platform, startCommand, autostartFile, hidden } = this.#options
    const endNow = (): void => void this.shutDown(0)
    powerMonitor.on('shutdown', endNow)
    this.#closers.push(
      () => powerMonitor.off('shutdown', endNow),
      this.#openDoorBell(),
      this.#openNetworkBell(),
      this.#openIpc(),
      stayAwake(this.#service),
      followWindowSettings(this.#service.settings, { platform, startCommand, autostartFile, onError: this.#tellOwner }),
    )
    await this.#tray.open()
    await this.#window.open(await this.#service.openOwnerSession(), { hidden })
    // Started at login: without an icon the window would be nowhere.
    if (hidden && !(await this.#hasTray())) this.#window.minimise()
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
    const names = this.#tray.present()
    if (names.length > 0 && !(await this.#whileAsking(() => dialogs.askQuit(this.#window.window, names)))) return
    await this.shutDown(0)
  }

  /** As `quit`, and asks too while ComfyUI's window is open: the keys of the menu are pressed by mistake. */
  async quitByHand(): Promise<void> {
    if (this.#phase !== 'running') return
    const isOpen = this.#canvas.isOpen && this.#tray.present().length === 0
    if (isOpen && !(await this.#whileAsking(() => dialogs.askQuitWithCanvas(this.#window.window)))) return
    await this.quit()
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

  async #whileAsking(ask: () => Promise<boolean>): Promise<boolean> {
    this.#phase = 'asking'
    try {
      return await ask()
    } finally {
      this.#endAsking()
    }
  }

  /** The system may have ended the app while the question stood there. */
  #endAsking(): void {
    if (this.#phase === 'asking') this.#phase = 'running'
  }

  #openIpc(): () => void {
    const { platform, dataDirectory, logFile } = this.#options
    const routes = createRoutes(this.#service, {
      platform,
      version: app.getVersion(),
      dataDirectory,
      pickComfyuiFolder: () => dialogs.pickComfyuiFolder(this.#window.window),
      pickPersonFolder: (name) => dialogs.pickPersonFolder(this.#window.window, name),
      pickPemFile: (what) => dialogs.pickPemFile(this.#window.window, what),
      openCanvas: () => this.#openCanvas(),
      copy: (text) => this.#clipboard.copy(text),
      copySecret: (text) => this.#clipboard.copySecret(text),
      openFolder: async (directory) => {
        const problem = await shell.openPath(directory)
        if (problem !== '') throw new DesktopRefused(`The folder could not be opened: ${directory}`)
      },
      mendFirewall: () => mendFirewall(platform, process.execPath),
      showFirewallSettings: () => shell.openExternal(findFirewallSettings(platform)),
      showWindow: () => this.#window.show(),
      hasTray: () => this.#hasTray(),
      quit: () => void this.quitByHand().catch(this.#tellOwner),
      notify: (name, payload) => notifyPage(this.#window.contents, name, payload),
    })
    return openMainIpc({ routes, owner: () => this.#window.identity, logger: logFile.logger, isForPeople })
  }

  #openNetworkBell(): () => void {
    const { sharing } = this.#service
    const bell = new NetworkBell(() => {
      // The page itself asks where the owner is looking.
      if (this.#window.window?.isFocused() === true) return
      showNotification(networkBellWords, () => {
        this.#window.show()
        notifyPage(this.#window.contents, 'window:navigate', { path: '/' })
      })
    })
    const look = (): void => bell.look(sharing.describe().pause)
    look()
    return sharing.onChange(look)
  }

  #openDoorBell(): () => void {
    const { knocks } = this.#service
    const bell = new DoorBell({
      clock: systemClock,
      waiting: () => knocks.waiting(),
      ring: () => {
        // The page itself says it where the owner is looking.
        if (this.#window.window?.isFocused() === true) return
        showNotification(doorBellWords, () => showDoor(this.#window))
      },
    })
    const stop = knocks.onChange(() => bell.look())
    return () => {
      stop()
      bell.close()
    }
  }

  #runTrayCommand(command: TrayCommand): void {
    runTrayCommand(command, {
      service: this.#service,
      window: this.#window,
      clipboard: this.#clipboard,
      icon: this.#options.paths.icon,
      openCanvas: () => this.#openCanvas(),
      quit: () => this.quit(),
    }).catch(this.#tellOwner)
  }

  #openCanvas(): Promise<void> {
    return this.#canvas.open(this.#service.sharing.describe().localUrl, () => this.#service.openCanvasSession())
  }

  async #openLinkOfCanvas(window: BrowserWindow | undefined, link: URL): Promise<void> {
    if (await dialogs.askOpenLink(window, link)) await shell.openExternal(link.href)
  }

  #tellEngineFailed(message: string): void {
    // The page itself says it where the owner is looking.
    if (this.#window.window?.isFocused() === true) return
    const name = engineNames[this.#service.engine.choice().kind === 'practice' ? 'practice' : 'comfyui']
    const title = `${name.start} does not start`
    showNotification({ title, body: message }, () => this.#window.show())
  }

  /** True: the window may close. Whatever else is to happen follows by itself. */
  #closeWindow(): boolean {
    if (this.#phase === 'stopping') return true
    if (this.#isClosing) return false
    this.#isClosing = true
    this.#putAway()
      .catch(this.#tellOwner)
      .finally(() => (this.#isClosing = false))
    return false
  }

  async #putAway(): Promise<void> {
    const hasTray = await this.#hasTray()
    const { settings, engine, sharing } = this.#service
    const decision = decideOnClose({
      engine: engine.state(),
      sharingOn: sharing.describe().on,
      keepInTray: settings.get('window.keepInTray'),
      trayExplained: settings.get('window.trayExplained'),
      hasTray,
    })
    if (decision.kind === 'quit') return this.quit()
    const { way, explain } = decision
    const { platform } = this.#options
    if (explain && (await dialogs.explainTray(this.#window.window, { platform, way })) === 'quit') return this.quit()
    if (way === 'hide') this.#window.hide()
    else this.#window.minimise()
    if (explain) await settings.set('window.trayExplained', true)
  }

  #hasTray(): Promise<boolean> {
    return hasTray({ platform: this.#options.platform, env: process.env })
  }

  /** For work that nobody waits for: its failure is told to the owner, and logged when it is no refusal. */
  readonly #tellOwner = (error: unknown): void => {
    if (this.#phase === 'stopping') return
    if (!isForPeople(error)) this.#options.logFile.logger.error({ err: error }, 'something the owner asked for failed')
    void dialogs.showProblem(isForPeople(error) ? error.message : 'That did not work. The log has the details.')
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
