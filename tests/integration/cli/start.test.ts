import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

describe.skipIf(process.platform !== 'linux')('npm start where there is no display', () => {
  it(
    'serves the practice engine when nothing was chosen, says so, and ends in order',
    { timeout: 120_000 },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'gatehouse-start-'))
      const port = await findFreePort()
      const args = ['--data-dir', join(folder, 'data'), '--port', String(port)]
      const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs'), ...args], {
        env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '', GATEHOUSE_SECRETS: 'file' },
      })
      const ended = new Promise<number | null>((done) => child.once('close', done))
      let stderr = ''
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
      try {
        const line = await new Promise<string>((done, fail) => {
          child.stdout.once('data', (chunk: Buffer) => done(chunk.toString()))
          child.once('exit', (code) => fail(new Error(`ended with ${code}: ${stderr}`)))
        })
        expect(JSON.parse(line)).toMatchObject({ event: 'ready', url: `http://127.0.0.1:${port}/` })
        expect((await fetch(`http://127.0.0.1:${port}/queue`)).status).toBe(401)
        expect(stderr).toContain('the practice engine runs')
      } finally {
        child.kill('SIGTERM')
        expect(await ended).toBe(0)
        rmSync(folder, { recursive: true, force: true })
      }
    },
  )
})
