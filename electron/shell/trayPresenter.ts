import type { GatehouseService } from '../../service/serviceTypes.ts'
import type { TrayIcon } from './tray.ts'
import type { TrayState } from './trayMenu.ts'
import { peopleInside } from './windowClosing.ts'

type ServicePart = Pick<
  GatehouseService,
  'engine' | 'settings' | 'sharing' | 'knocks' | 'people' | 'connections' | 'onConnectionsChange'
>

/** Keeps the tray's menu and icon at what the service is doing, and tells when the engine gave up. */
export class TrayPresenter {
  readonly #service: ServicePart
  readonly #options: { tray: TrayIcon; onEngineFailed: (message: string) => void; onError: (error: unknown) => void }
  readonly #closers: (() => void)[] = []
  #people: TrayState['people'] = []
  #ownerId: string | undefined
  #hadFailed = false

  constructor(
    service: ServicePart,
    options: { tray: TrayIcon; onEngineFailed: (message: string) => void; onError: (error: unknown) => void },
  ) {
    this.#service = service
    this.#options = options
  }

  /** Puts the icon up and follows every change. */
  async open(): Promise<void> {
    const refresh = (): void => this.#refresh()
    const readPeople = (): void => {
      this.#readPeople().catch(this.#options.onError)
    }
    const { engine, settings, sharing, knocks } = this.#service
    this.#closers.push(
      engine.onStateChange(refresh),
      settings.onChange(refresh),
      knocks.onChange(refresh),
      // It also says when people or their keys changed: they are who can come in.
      sharing.onChange(readPeople),
      this.#service.onConnectionsChange(refresh),
    )
    await this.#readPeople()
  }

  close(): void {
    for (const close of this.#closers.splice(0)) close()
    this.#options.tray.close()
  }

  /** Names of the people who are here now, the owner excepted. */
  present(): readonly string[] {
    return peopleInside(this.#service.connections(), this.#ownerId)
  }

  async #readPeople(): Promise<void> {
    const people = await this.#service.people()
    this.#people = people.map(({ id, name }) => ({ id, name }))
    this.#ownerId = people.find((person) => person.isOwner)?.id
    // Closed while the database answered: the icon must not come back.
    if (this.#closers.length > 0) this.#refresh()
  }

  #refresh(): void {
    const engine = this.#service.engine.state()
    const failed = engine.kind === 'failed'
    if (failed && !this.#hadFailed) this.#options.onEngineFailed(engine.failure.message)
    this.#hadFailed = failed
    this.#options.tray.update({
      engine,
      choice: this.#service.settings.get('comfyui.engine'),
      sharing: this.#service.sharing.describe(),
      people: this.#people,
      present: this.present(),
      door: {
        isOpen: this.#service.knocks.openUntilMs() !== undefined,
        waiting: this.#service.knocks.waiting().length,
      },
    })
  }
}
