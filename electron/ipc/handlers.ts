import { settingDefinitions } from '../../proxy/contract/settings.ts'
import type { SettingName } from '../../proxy/contract/settings.ts'
import type { GatehouseService } from '../../service/serviceTypes.ts'
import { channels } from './schema.ts'
import type { NotificationName, NotificationPayload } from './schema.ts'
import { DesktopRefused, route } from './mainIpc.ts'
import type { Routes } from './mainIpc.ts'

/** What the channels need besides the service; the shell gives it. */
export interface DesktopActions {
  readonly platform: string
  readonly version: string
  readonly dataDirectory: string
  pickComfyuiFolder(): Promise<string | undefined>
  /** The system's dialog for a person's folder; undefined: nothing was picked. */
  pickPersonFolder(name: string): Promise<string | undefined>
  /** The system's dialog for a certificate or its key; undefined: nothing was picked. */
  pickPemFile(what: 'certificate' | 'key'): Promise<string | undefined>
  openCanvas(): Promise<void>
  copy(text: string): Promise<void>
  copySecret(text: string): Promise<void>
  openFolder(directory: string): Promise<void>
  mendFirewall(): Promise<void>
  showFirewallSettings(): Promise<void>
  showWindow(): void
  hasTray(): Promise<boolean>
  /** Only begins it: the page that asks goes with the window. */
  quit(): void
  notify<Name extends NotificationName>(name: Name, payload: NotificationPayload<Name>): void
}

type ServicePart = Pick<
  GatehouseService,
  | 'people'
  | 'moveFolder'
  | 'findFolder'
  | 'findInstallations'
  | 'inspectInstallation'
  | 'chooseEngine'
  | 'practicePage'
  | 'settings'
  | 'secretsKind'
>

/** These name the program that is run: they change only together and only after a look at it, by `comfyui:choose`. */
const chosenByLooking: readonly SettingName[] = ['comfyui.engine', 'comfyui.directory', 'comfyui.python']

function checkMachineSetting(name: SettingName): void {
  if (!settingDefinitions[name].machine) throw new DesktopRefused('This setting is changed on its page, not here.')
  if (chosenByDialog.includes(name)) throw new DesktopRefused('Choose the files on the page Network.')
  if (chosenByLooking.includes(name)) throw new DesktopRefused('Choose ComfyUI on its page; it is looked at first.')
}

/** A page names no file of this computer: the dialog does, by `certificate:pick`. */
const chosenByDialog: readonly SettingName[] = ['https.certificateFile', 'https.keyFile']

/** Progress messages at most this often: a page repaints for each one. */
const PROGRESS_STEP = 0.01

/** What each channel of schema.ts does. */
export function createRoutes(service: ServicePart, desktop: DesktopActions): Routes {
  return {
    'comfyui:find': route(channels['comfyui:find'], async () => [...(await service.findInstallations())]),
    'comfyui:pickFolder': route(channels['comfyui:pickFolder'], async () => {
      const directory = await desktop.pickComfyuiFolder()
      return directory === undefined ? null : service.inspectInstallation(directory)
    }),
    'comfyui:inspect': route(channels['comfyui:inspect'], ({ directory, python }) =>
      service.inspectInstallation(directory, python),
    ),
    'comfyui:choose': route(channels['comfyui:choose'], async (choice) => {
      await service.chooseEngine(choice)
      return undefined
    }),
    'folder:pick': route(channels['folder:pick'], async ({ accountId }) => {
      const person = (await service.people()).find(({ id }) => id === accountId)
      if (person === undefined) throw new DesktopRefused('There is no such person, or their account is turned off.')
      const picked = await desktop.pickPersonFolder(person.name)
      if (picked === undefined) return null
      const { path, left } = await service.moveFolder(accountId, picked)
      return { path, left: left === undefined ? null : { path: left.path, names: [...left.names] } }
    }),
    'folder:open': route(channels['folder:open'], async ({ accountId }) => {
      await desktop.openFolder(await service.findFolder(accountId))
      return undefined
    }),
    'comfyui:open': route(channels['comfyui:open'], async () => {
      await desktop.openCanvas()
      return undefined
    }),
    'practicePage:status': route(channels['practicePage:status'], () => service.practicePage.status()),
    'practicePage:install': route(channels['practicePage:install'], async () => {
      let reported = 0
      await service.practicePage.install((progress) => {
        const fraction = progress.totalBytes === 0 ? 0 : progress.doneBytes / progress.totalBytes
        if (fraction < 1 && fraction - reported < PROGRESS_STEP) return
        reported = fraction
        desktop.notify('practicePage:progress', progress)
      })
      return undefined
    }),
    'certificate:pick': route(channels['certificate:pick'], async () => {
      const certificateFile = await desktop.pickPemFile('certificate')
      const keyFile = certificateFile === undefined ? undefined : await desktop.pickPemFile('key')
      if (certificateFile === undefined || keyFile === undefined) return null
      await service.settings.set('https.certificateFile', certificateFile)
      await service.settings.set('https.keyFile', keyFile)
      await service.settings.set('https.mode', 'own')
      return { certificateFile, keyFile }
    }),
    'settings:setMachine': route(channels['settings:setMachine'], async ({ name, value }) => {
      checkMachineSetting(name)
      const parsed = settingDefinitions[name].schema.safeParse(value)
      if (!parsed.success) throw new DesktopRefused(parsed.error.issues[0]?.message ?? 'This value cannot be used.')
      await service.settings.set(name, parsed.data)
      return undefined
    }),
    'clipboard:copySecret': route(channels['clipboard:copySecret'], async ({ text }) => {
      await desktop.copySecret(text)
      return undefined
    }),
    'clipboard:copy': route(channels['clipboard:copy'], async ({ text }) => {
      await desktop.copy(text)
      return undefined
    }),
    'desktop:describe': route(channels['desktop:describe'], async () => ({
      platform: desktop.platform,
      version: desktop.version,
      dataDirectory: desktop.dataDirectory,
      secrets: service.secretsKind,
      tray: await desktop.hasTray(),
    })),
    'window:show': route(channels['window:show'], () => {
      desktop.showWindow()
      return Promise.resolve(undefined)
    }),
    'desktop:quit': route(channels['desktop:quit'], () => {
      desktop.quit()
      return Promise.resolve(undefined)
    }),
    'firewall:mend': route(channels['firewall:mend'], async () => {
      await desktop.mendFirewall()
      return undefined
    }),
    'firewall:showSettings': route(channels['firewall:showSettings'], async () => {
      await desktop.showFirewallSettings()
      return undefined
    }),
    'desktop:openDataFolder': route(channels['desktop:openDataFolder'], async () => {
      await desktop.openFolder(desktop.dataDirectory)
      return undefined
    }),
  }
}
