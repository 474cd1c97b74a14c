import { settingDefinitions } from '../../proxy/contract/settings.ts'
import type { SettingName, Settings } from '../../proxy/contract/settings.ts'
import type { SettingsReader } from '../../proxy/pipeline/services.ts'

/** Settings that a test changes; the defaults otherwise. */
export class FakeSettings implements SettingsReader {
  /** A test asks more in a second than a person in a minute. */
  readonly #values = new Map<SettingName, unknown>([
    ['limits.requestsPerMinute', 1e9],
    ['limits.requestsPerMinutePerAddress', 1e9],
    ['limits.strangerRequestsPerMinute', 1e9],
  ])
  readonly #listeners = new Set<() => void>()

  get<Name extends SettingName>(name: Name): Settings[Name] {
    return (this.#values.has(name) ? this.#values.get(name) : settingDefinitions[name].default) as Settings[Name]
  }

  set<Name extends SettingName>(name: Name, value: Settings[Name]): void {
    this.#values.set(name, value)
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
