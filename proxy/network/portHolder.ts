import { createServer } from 'node:net'
import { runPowerShell } from './systemPrograms.ts'
import type { NetworkSystem } from './systemPrograms.ts'

/** `ss -Hltnp`: 'LISTEN 0 511 0.0.0.0:8190 0.0.0.0:* users:(("nginx",pid=812,fd=6))'. Others' programs have no name. */
export const parseSs = (text: string): string | undefined => /users:\(\("([^"]{1,64})"/.exec(text)?.[1]

/** `lsof -Fc`: one fact a line, the name of the program after "c". */
export const parseLsof = (text: string): string | undefined => /^c(.{1,64})$/m.exec(text)?.[1]?.trim()

const WINDOWS_SCRIPT =
  '(Get-Process -Id (Get-NetTCPConnection -State Listen -LocalPort $env:GATEHOUSE_PORT -ErrorAction Stop | Select-Object -First 1).OwningProcess).ProcessName'

/** The program that listens on a port, as far as the system tells it to everybody; null: it does not. */
export async function findPortHolder(system: NetworkSystem, port: number): Promise<string | null> {
  const name = await askForHolder(system, port)
  return name === undefined || name === '' ? null : name
}

async function askForHolder(system: NetworkSystem, port: number): Promise<string | undefined> {
  if (system.platform === 'win32') {
    return (await runPowerShell(system, WINDOWS_SCRIPT, { GATEHOUSE_PORT: String(port) }))?.trim().slice(0, 64)
  }
  if (system.platform === 'darwin') {
    return parseLsof((await system.run('/usr/sbin/lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fc'])) ?? '')
  }
  return parseSs((await system.run('ss', ['-Hltnp', `sport = :${port}`])) ?? '')
}

const FREE_TRIES = 10

/** The next port after it that nobody listens on and that is not spoken for; null: none of ten. */
export async function findFreePort(port: number, except: readonly number[]): Promise<number | null> {
  for (let next = port + 1; next <= Math.min(port + FREE_TRIES, 65_535); next += 1) {
    if (!except.includes(next) && (await canListen(next))) return next
  }
  return null
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
