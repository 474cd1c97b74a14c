import type { Network } from '../proxy/contract/sharing.ts'
import type { SettingName, Settings } from '../proxy/contract/settings.ts'
import type { HeadlessRun } from './serviceTypes.ts'

export interface StoredSettings {
  get<Name extends SettingName>(name: Name): Settings[Name]
  set<Name extends SettingName>(name: Name, value: Settings[Name]): Promise<void>
  onChange(listener: (names: readonly SettingName[]) => void): () => void
}

interface Overrides {
  'sharing.on'?: boolean
  'sharing.port'?: number
  'sharing.addresses'?: readonly string[]
}
/** Settings whose change the switch follows; the first three may be overridden for a run. */
const followed = [
  'sharing.on',
  'sharing.port',
  'sharing.addresses',
  'sharing.networks',
  'sharing.name',
  'sharing.outsideHome',
] as const satisfies readonly SettingName[]
type SharingName = (typeof followed)[number]

const isSharingName = (name: SettingName): name is SharingName => followed.some((known) => known === name)

/** As many as the setting holds. */
const MAX_NETWORKS = 64

/**
 * Sharing's settings as they count now. What `gatehouse serve` was started with counts for its run and is never saved,
 * until somebody writes the setting while it runs: then that counts.
 */
export class SharingSettings {
  readonly #stored: StoredSettings
  readonly #isHeadless: boolean
  readonly #overrides: Overrides
  /** Whoever starts a run with the addresses to share on agrees to the network it is in. */
  readonly isAgreedForRun: boolean

  constructor(stored: StoredSettings, run?: Pick<HeadlessRun, 'shareOn' | 'publicPort'>) {
    this.#stored = stored
    this.#isHeadless = run !== undefined
    this.#overrides = run === undefined ? {} : toOverrides(run)
    this.isAgreedForRun = run !== undefined && run.shareOn.length > 0
  }

  isOn(): boolean {
    return this.#overrides['sharing.on'] ?? this.#stored.get('sharing.on')
  }

  port(): number {
    return this.#overrides['sharing.port'] ?? this.#stored.get('sharing.port')
  }

  /** Empty: every address in a home network. */
  addresses(): readonly string[] {
    return this.#overrides['sharing.addresses'] ?? this.#stored.get('sharing.addresses')
  }

  networks(): readonly Network[] {
    return this.#stored.get('sharing.networks')
  }

  /** The newest are kept when there are too many. */
  async addNetwork(network: Network): Promise<void> {
    const others = this.networks().filter(({ id }) => id !== network.id)
    await this.#stored.set('sharing.networks', [...others, network].slice(-MAX_NETWORKS))
  }

  async setOn(on: boolean): Promise<void> {
    if (this.#isHeadless) this.#overrides['sharing.on'] = on
    else await this.#stored.set('sharing.on', on)
  }

  /** Tells which of sharing's own settings were written, by whatever door. */
  onChange(listener: (names: readonly SharingName[]) => void): () => void {
    return this.#stored.onChange((all) => {
      const names = all.filter(isSharingName)
      for (const name of names) Reflect.deleteProperty(this.#overrides, name)
      if (names.length > 0) listener(names)
    })
  }
}

function toOverrides({ shareOn, publicPort }: Pick<HeadlessRun, 'shareOn' | 'publicPort'>): Overrides {
  const isEverywhere = shareOn.some((address) => address === '0.0.0.0' || address === '::')
  return {
    'sharing.on': shareOn.length > 0,
    ...(publicPort === undefined ? {} : { 'sharing.port': publicPort }),
    ...(isEverywhere || shareOn.length === 0 ? {} : { 'sharing.addresses': shareOn }),
  }
}
