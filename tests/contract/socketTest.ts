import { test } from 'vitest'
import type { EngineClient, EngineSocket } from '../support/engineClient.ts'

/** `it` with `open`: sockets opened by it are closed after the case. */
export function socketTest(client: () => EngineClient) {
  return test.extend<{ open: (options?: Parameters<EngineClient['openSocket']>[0]) => Promise<EngineSocket> }>({
    // eslint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures from this pattern
    open: async ({}, use) => {
      const opened: EngineSocket[] = []
      await use(async (options) => {
        const socket = await client().openSocket(options)
        opened.push(socket)
        return socket
      })
      for (const socket of opened) socket.close()
    },
  })
}
