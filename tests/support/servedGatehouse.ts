import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Role } from '../../proxy/contract/accounts.ts'
import { z } from 'zod'
import { runCli, startServe } from './desktopCli.ts'
import { isAlive, processTree } from './desktopProcesses.ts'
import { findFreePort, usesRealComfyui } from './engineUnderTest.ts'

export const servedPassword = 'seven grey herons by the weir'

export interface ServedGatehouse {
  /** With a slash at the end. */
  readonly url: string
  readonly dataDirectory: string
  /** A session of somebody's as a cookie header, as a tool gets it. */
  signIn(name: string): Promise<Record<string, string>>
  setting(name: string, value: unknown): Promise<void>
  close(): Promise<void>
}

const readySchema = z.object({ event: z.literal('ready'), url: z.string() })

/** The whole product without a window, with the engine that the environment asks for and people who can sign in. */
export async function serveGatehouse(options: {
  readonly people: Readonly<Record<string, Role>>
  readonly frontendDirectory: string | undefined
}): Promise<ServedGatehouse> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'gatehouse-canvas-'))
  for (const [name, role] of Object.entries(options.people)) {
    await runCli(dataDirectory, ['user', 'add', name, '--role', role, '--password-stdin'], servedPassword)
  }
  if (options.frontendDirectory !== undefined) {
    symlinkSync(dirname(options.frontendDirectory), join(dataDirectory, 'practice-page'))
  }
  const port = await findFreePort()
  const child = startServe(dataDirectory, ['--port', String(port), ...engineArguments(dataDirectory)])
  let output = ''
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      const [line] = String(chunk).split('\n')
      resolve(readySchema.parse(JSON.parse(line ?? '')).url)
    })
    child.on('exit', (code) => reject(new Error(`serve ended with ${code}: ${output}`)))
  })
  const close = async (): Promise<void> => {
    const tree = child.pid === undefined ? [] : processTree(child.pid).map(({ pid }) => pid)
    const ended = new Promise((done) => child.once('close', done))
    if (child.exitCode === null && child.kill('SIGTERM')) await ended
    for (const pid of tree.filter(isAlive)) process.kill(pid, 'SIGKILL')
    rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
  try {
    const url = await ready
    return {
      url,
      dataDirectory,
      signIn: async (name) => {
        const answer = await fetch(new URL('gatehouse/api/v1/session', url), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ username: name, password: servedPassword }),
        })
        if (!answer.ok) throw new Error(`${name} could not sign in: ${answer.status}`)
        return {
          cookie: answer.headers
            .getSetCookie()
            .map((cookie) => cookie.split(';')[0])
            .join('; '),
        }
      },
      setting: async (name, value) => {
        await runCli(dataDirectory, ['settings', 'set', name, JSON.stringify(value)])
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function engineArguments(dataDirectory: string): string[] {
  if (!usesRealComfyui) return ['--practice']
  // Folders of the test's own, so that the installation stays as it was.
  const folders = ['input', 'output', 'temp', 'user'].flatMap((name) => {
    const folder = join(dataDirectory, 'comfyui', name)
    mkdirSync(folder, { recursive: true })
    return [`--${name}-directory`, folder]
  })
  return ['--comfyui', process.env['COMFYUI_DIR'] ?? '', '--', '--cpu', ...folders]
}
