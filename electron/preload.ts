import { contextBridge, ipcRenderer } from 'electron'
import type { DesktopBridge } from './ipc/schema.ts'

/** The only two names that cross: what may be asked and what an answer looks like is checked in the main process. */
const bridge: DesktopBridge = {
  invoke: (channel, input): Promise<unknown> => ipcRenderer.invoke('desktop:invoke', channel, input),
  on: (notification, listener) => {
    const deliver = (_event: unknown, name: unknown, payload: unknown): void => {
      if (name === notification) listener(payload)
    }
    ipcRenderer.on('desktop:notify', deliver)
    return () => ipcRenderer.removeListener('desktop:notify', deliver)
  },
}

contextBridge.exposeInMainWorld('desktop', bridge)
