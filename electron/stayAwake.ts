import { powerSaveBlocker } from 'electron'
import type { GatehouseService } from '../service/serviceTypes.ts'
import { Wakefulness } from './shell/wakefulness.ts'

/** Keeps the computer from falling asleep by itself while the settings ask for it. Returns how to stop. */
export function stayAwake({
  settings,
  sharing,
  work,
}: Pick<GatehouseService, 'settings' | 'sharing' | 'work'>): () => void {
  const wakefulness = new Wakefulness({
    state: () => {
      const { on, pause } = sharing.describe()
      return {
        keepAwake: settings.get('window.keepAwake'),
        isShared: on && pause === null,
        isWorking: work.isUnderWay(),
      }
    },
    hold: () => {
      const id = powerSaveBlocker.start('prevent-app-suspension')
      return () => powerSaveBlocker.stop(id)
    },
  })
  const look = (): void => wakefulness.look()
  look()
  const stops = [settings.onChange(look), sharing.onChange(look), work.onChange(look), () => wakefulness.close()]
  return () => {
    for (const stop of stops) stop()
  }
}
