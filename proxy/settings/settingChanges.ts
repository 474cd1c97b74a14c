import type { AuditValue } from '../contract/audit.ts'
import { isSettingName, settingDefinitions } from '../contract/settings.ts'
import type { Settings } from '../contract/settings.ts'
import { redact } from '../core/redact.ts'

const MAX_VALUE = 120

/**
 * What the log keeps of changed settings: their names, and of each the value before and after. What names a program, a
 * path or an address of this computer is not told, and neither is what merely stayed as it was.
 */
export function describeSettingChanges(before: Settings, after: Settings): Record<string, AuditValue> {
  const names = Object.keys(settingDefinitions)
    .filter(isSettingName)
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  const changes = names.map((name) => {
    const hidden = settingDefinitions[name].machine && !isPlain(before[name], after[name])
    return hidden ? name : `${name}: ${toText(before[name])} → ${toText(after[name])}`
  })
  return { names, changes }
}

const isPlain = (...values: readonly unknown[]): boolean =>
  values.every((value) => value === null || typeof value === 'boolean' || typeof value === 'number')

function toText(value: unknown): string {
  const text = redact(JSON.stringify(value))
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text
}
