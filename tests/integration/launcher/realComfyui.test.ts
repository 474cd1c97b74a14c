import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isPortFree } from '../../../launcher/freePort.ts'
import { inspectInstallation } from '../../../launcher/installation/inspectInstallation.ts'
import { systemInstallationDeps } from '../../../launcher/installation/installationDeps.ts'
import { computeProof } from '../../../launcher/readinessProbe.ts'
import { Supervisor } from '../../../launcher/supervisor.ts'
import { systemClock } from '../../../proxy/core/clock.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { isAlive, newNonce, request, until, untilState } from '../../support/fakeEngine/fakeEngine.ts'

const comfyuiDirectory = process.env['COMFYUI_DIR']
const companionDirectory = fileURLToPath(new URL('../../../resources/comfyui-companion', import.meta.url))
const startTimeoutMs = 180_000

/** One output node and one node without inputs beside it: ends the worker of a plain ComfyUI 0.3.64. */
const killerPrompt = {
  image: { class_type: 'EmptyImage', inputs: { width: 8, height: 8, batch_size: 1, color: 0 } },
  save: { class_type: 'PreviewImage', inputs: { images: ['image', 0] } },
  killer: { class_type: 'EmptyImage' },
}
const { image, save } = killerPrompt
const goodPrompt = { image, save }

describe.skipIf(comfyuiDirectory === undefined)('a real ComfyUI under the supervisor', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-comfyui-'))
  const pidFilePath = path.join(root, 'engine.pid.json')
  const supervisor = new Supervisor({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    platform: process.platform,
    pidFilePath,
  })

  beforeAll(async () => {
    const python = process.env['COMFYUI_PYTHON']
    const inspected = await inspectInstallation(
      comfyuiDirectory ?? '',
      systemInstallationDeps(),
      python === undefined ? {} : { python },
    )
    if (!inspected.ok) throw new Error(inspected.problems.join(' '))
    const folders = ['output', 'input', 'temp', 'user'].flatMap((name) => {
      const directory = path.join(root, name)
      fs.mkdirSync(directory)
      return [`--${name}-directory`, directory]
    })
    supervisor.setLaunch({
      kind: 'comfyui',
      installation: inspected.installation,
      extraArguments: ['--cpu', ...folders, '--database-url', 'sqlite:///:memory:', '--port', '8188'],
      companionDirectory,
      generatedDirectory: path.join(root, 'generated'),
    })
    await supervisor.start()
    await untilState(supervisor, 'ready', startTimeoutMs)
  }, startTimeoutMs)

  afterAll(async () => {
    await supervisor.stop()
    fs.rmSync(root, { recursive: true, force: true })
  }, 60_000)

  const connect = (): { port: number; secret: string } => {
    const connection = supervisor.connection()
    if (connection === undefined) throw new Error('ComfyUI is not ready')
    return connection
  }

  const runPrompt = async (
    prompt: object,
  ): Promise<{ status: { status_str: string; messages: [string, object][] } }> => {
    const { port, secret } = connect()
    const posted = await request(port, '/prompt', { secret, method: 'POST', body: JSON.stringify({ prompt }) })
    expect(posted.status).toBe(200)
    const { prompt_id: id } = JSON.parse(posted.text)
    let entry
    await until('the job in the history', async () => {
      entry = JSON.parse((await request(port, `/history/${id}`, { secret })).text)[id]
      return entry !== undefined
    })
    return entry as never
  }

  it('reports its version and that every patch holds', () => {
    expect(supervisor.state).toMatchObject({
      kind: 'ready',
      engine: 'comfyui',
      version: expect.stringMatching(/^\d+\.\d+/),
    })
    expect(supervisor.health).toMatchObject({
      workerAlive: true,
      patches: { secretCheck: true, executorGuard: true, queueGuard: true },
    })
  })

  it('proves itself to whoever asks, without the secret', async () => {
    const { port, secret } = connect()
    const nonce = newNonce()
    const answer = await request(port, `/gatehouse/companion/health?nonce=${nonce}`)
    const { bootId, proof } = JSON.parse(answer.text)
    expect(proof).toBe(computeProof(secret, nonce, bootId))
    expect(answer.text).not.toContain(secret)
  })

  it.each([
    '/gatehouse/companion/health',
    '/gatehouse/companion/health?nonce=short',
    `/gatehouse/companion/health?nonce=${'a'.repeat(32)}&nonce=${'b'.repeat(32)}`,
    `/api/gatehouse/companion/health?nonce=${'a'.repeat(32)}`,
    '/',
    '/system_stats',
    '/api/system_stats',
    '/internal/logs',
    '/extensions/core/../../x',
    '/ws',
    '/nothing-of-the-kind',
  ])('answers 403 to %s without the secret', async (pathname) => {
    expect((await request(connect().port, pathname)).status).toBe(403)
  })

  it('answers 403 to a WebSocket, an OPTIONS and a POST without the secret', async () => {
    const { port } = connect()
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    expect((await request(port, '/ws', { headers: upgrade })).status).toBe(403)
    expect((await request(port, '/prompt', { method: 'OPTIONS' })).status).toBe(403)
    expect((await request(port, '/interrupt', { method: 'POST', body: '{}' })).status).toBe(403)
  })

  it.each(['', 'x', 'f'.repeat(64), 'ÿ'])('answers 403 to a wrong secret (%s)', async (secret) => {
    expect((await request(connect().port, '/system_stats', { secret })).status).toBe(403)
  })

  it('serves the gate, and has no /api twin of the health route', async () => {
    const { port, secret } = connect()
    expect((await request(port, '/system_stats', { secret })).status).toBe(200)
    expect((await request(port, `/api/gatehouse/companion/health?nonce=${newNonce()}`, { secret })).status).toBe(404)
  })

  it('shows no secret in its arguments or its environment for nodes', async () => {
    const { port, secret } = connect()
    const stats = await request(port, '/system_stats', { secret })
    expect(stats.text).not.toContain(secret)
    expect(
      supervisor.log
        .lines()
        .map((line) => line.text)
        .join('\n'),
    ).not.toContain(secret)
  })

  it('survives a node without inputs: the job fails and the next one runs', async () => {
    const failed = await runPrompt(killerPrompt)
    expect(failed.status.status_str).toBe('error')
    expect(failed.status.messages).toContainEqual([
      'execution_error',
      expect.objectContaining({ node_id: 'killer', exception_type: 'KeyError' }),
    ])
    expect((await runPrompt(goodPrompt)).status.status_str).toBe('success')
  })

  it.each([
    ['extra_data that is no object', { prompt: goodPrompt, extra_data: 5 }],
    ['an unhashable client id', { prompt: goodPrompt, client_id: [] }],
  ])('refuses %s and goes on working', async (_name, body) => {
    const { port, secret } = connect()
    expect((await request(port, '/prompt', { secret, method: 'POST', body: JSON.stringify(body) })).status).toBe(500)
    expect((await runPrompt(goodPrompt)).status.status_str).toBe('success')
    expect(supervisor.health?.workerAlive).toBe(true)
  })

  it('stops without a trace: no process, no pid file, the port free', async () => {
    const { port } = connect()
    const ready = await untilState(supervisor, 'ready')
    await supervisor.stop()
    expect(supervisor.state).toEqual({ kind: 'stopped' })
    expect(isAlive(ready.pid)).toBe(false)
    expect(await isPortFree(port)).toBe(true)
    expect(fs.existsSync(pidFilePath)).toBe(false)
    expect(fs.readdirSync(path.join(root, 'temp'))).toEqual([])
  }, 60_000)
})
