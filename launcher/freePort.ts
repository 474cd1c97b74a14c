import net from 'node:net'

const loopback = '127.0.0.1'
const connectTimeoutMs = 1_000

/** A port of the loopback address that nobody holds now. */
export async function findFreePort(): Promise<number> {
  const port = await bindOnce(0)
  if (port === undefined) throw new Error('this computer has no free port on 127.0.0.1')
  return port
}

/**
 * Whether a ComfyUI can have this port. Asked before the start, because a second ComfyUI on a busy port deletes the
 * first one's temp folder before it fails.
 */
export async function isPortFree(port: number): Promise<boolean> {
  // Windows and macOS allow a bind to 127.0.0.1 beside a listener on all addresses: ask by connecting as well.
  return (await bindOnce(port)) !== undefined && !(await isAnswered(port))
}

function bindOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined)
      else reject(error)
    })
    server.listen({ port, host: loopback, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(address === null || typeof address === 'string' ? undefined : address.port))
    })
  })
}

function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: loopback })
    const finish = (answered: boolean): void => {
      socket.destroy()
      resolve(answered)
    }
    socket.setTimeout(connectTimeoutMs, () => finish(false))
    socket.once('connect', () => finish(true))
    socket.once('error', () => finish(false))
  })
}
