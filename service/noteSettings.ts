import type { Stores } from '../proxy/accounts/stores.ts'
import { describeSettingChanges } from '../proxy/settings/settingChanges.ts'

/** Carries out what the owner does on this computer, and keeps in the log of what happened which settings it changed. */
export async function noteSettings(
  stores: Pick<Stores, 'settings' | 'audit'>,
  change: () => Promise<void>,
): Promise<void> {
  const { settings, audit } = stores
  const before = settings.all()
  await change()
  const details = describeSettingChanges(before, settings.all())
  audit.record({ event: 'setting.changed', actor: { kind: 'system' }, details })
}
