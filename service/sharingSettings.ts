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
type SharingName = keyof Overrides

const isSharingName = (name: SettingName): name is SharingName =>
  name === 'sharing.on' || name === 'sharing.port' || name === 'sharing.addresses'

/**
 * Sharing's settings as they count now. What `gatehouse serve` was started with counts for its run and is never saved,
 * until somebody writes the setting while it runs: then that counts.
 */
export class SharingSettings {
  readonly #stored: StoredSettings
  readonly #isHeadless: boolean
  readonly #overrides: Overrides

  constructor(stored: StoredSettings, run?: Pick<HeadlessRun, 'shareOn' | 'publicPort'>) {
    this.#stored = stored
    this.#isHeadless = run !== undefined
    this.#overrides = run === undefined ? {} : toOverrides(run)
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
