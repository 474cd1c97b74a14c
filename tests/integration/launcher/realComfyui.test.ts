import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quoteYaml } from '../../../launcher/companionConfig.ts'
import { isPortFree } from '../../../launcher/freePort.ts'
import { inspectInstallation } from '../../../launcher/installation/inspectInstallation.ts'
import { systemInstallationDeps } from '../../../launcher/installation/installationDeps.ts'
import type { LaunchPlan } from '../../../launcher/launchCommand.ts'
import { readPidFile } from '../../../launcher/pidFile.ts'
import { computeProof } from '../../../launcher/readinessProbe.ts'
import { Supervisor } from '../../../launcher/supervisor.ts'
import { systemClock } from '../../../proxy/core/clock.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import { isAlive, newNonce, request, until, untilState } from '../../support/fakeEngine/fakeEngine.ts'

const comfyuiDirectory = process.env['COMFYUI_DIR']
const companionDirectory = fileURLToPath(new URL('../../../resources/comfyui-companion', import.meta.url))
const startTimeoutMs = 180_000
/** Whoever asks for ComfyUI itself: here the owner, who keeps ComfyUI's own folders. */
const OWNER = 'ownerownerownero'
const asOwner = { 'x-gatehouse-user': OWNER }
const ownFolders = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }

/** Packs of the owner's own: one that restarts ComfyUI as ComfyUI-Manager does, one that cannot be imported. */
function writePacks(directory: string): string {
  const packs = path.join(directory, 'packs "of" Änne #1')
  fs.mkdirSync(path.join(packs, 'restarter'), { recursive: true })
  fs.mkdirSync(path.join(packs, 'broken'))
  fs.writeFileSync(
    path.join(packs, 'restarter', '__init__.py'),
    [
      'import os, sys',
      'from aiohttp import web',
      'from server import PromptServer',
      'NODE_CLASS_MAPPINGS = {}',
      '@web.middleware',
      'async def pushy(request, handler):',
      '    return web.Response(text="open") if request.path == "/pushy" else await handler(request)',
      'PromptServer.instance.app.middlewares.insert(0, pushy)',
      '@PromptServer.instance.routes.get("/test/environment")',
      'async def environment(request): return web.json_response(dict(os.environ))',
      '@PromptServer.instance.routes.post("/test/restart")',
      'async def restart(request): os.execv(sys.executable, [sys.executable] + sys.argv)',
    ].join('\n'),
  )
  fs.writeFileSync(path.join(packs, 'broken', '__init__.py'), 'import no_such_package\n')
  const yaml = path.join(directory, 'owner.yaml')
  fs.writeFileSync(yaml, `owner:\n  custom_nodes: ${quoteYaml(packs)}\n`)
  return yaml
}

/** One output node and one node without inputs beside it: ends the worker of a plain ComfyUI 0.3.64. */
const killerPrompt = {
  image: { class_type: 'EmptyImage', inputs: { width: 8, height: 8, batch_size: 1, color: 0 } },
  save: { class_type: 'PreviewImage', inputs: { images: ['image', 0] } },
  killer: { class_type: 'EmptyImage' },
}
const { image, save } = killerPrompt
const goodPrompt = { image, save }

describe.skipIf(comfyuiDirectory === undefined)('a real ComfyUI under the supervisor', () => {
  const root = path.join(os.tmpdir(), `gatehouse-comfyui-${newNonce()}`)
  const pidFilePath = path.join(root, 'engine.pid.json')
  const supervisor = new Supervisor({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    platform: process.platform,
    pidFilePath,
  })

  let launchPlan: Extract<LaunchPlan, { kind: 'comfyui' }> | undefined
  const plan = (): Extract<LaunchPlan, { kind: 'comfyui' }> => {
    if (launchPlan === undefined) throw new Error('no plan')
    return launchPlan
  }
  const untilPid = async (): Promise<number> => {
    await until('the pid file', () => readPidFile(pidFilePath) !== undefined)
    return readPidFile(pidFilePath)?.pid ?? 0
  }

  beforeAll(async () => {
    fs.mkdirSync(root, { mode: 0o700 })
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
    launchPlan = {
      kind: 'comfyui',
      installation: inspected.installation,
      extraArguments: [
        '--cpu',
        ...folders,
        '--database-url',
        'sqlite:///:memory:',
        '--port',
        '8188',
        '--extra-model-paths-config',
        writePacks(root),
      ],
      companionDirectory,
      generatedDirectory: path.join(root, 'generated'),
    }
    supervisor.setLaunch(launchPlan)
    await supervisor.start()
    await untilState(supervisor, 'ready', startTimeoutMs)
    const { port, secret } = connect()
    const body = JSON.stringify(ownFolders)
    const put = await request(port, `/gatehouse/companion/users/${OWNER}`, { secret, method: 'PUT', body })
    expect(put.status).toBe(204)
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
    const posted = await request(port, '/prompt', {
      secret,
      headers: asOwner,
      method: 'POST',
      body: JSON.stringify({ prompt }),
    })
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
      patches: { secretCheck: true, executorGuard: true, queueGuard: true, lyricsGuard: true },
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
  ])('case 41: answers 403 to %s without the secret', async (pathname) => {
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
    expect((await request(port, '/queue', { secret })).status).toBe(200)
    const path = `/api/gatehouse/companion/health?nonce=${newNonce()}`
    expect((await request(port, path, { secret, headers: asOwner })).status).toBe(404)
  })

  it('shows no secret in its arguments, its log or the environment of its nodes', async () => {
    const { port, secret } = connect()
    const stats = await request(port, '/system_stats', { secret, headers: asOwner })
    const environment = await request(port, '/test/environment', { secret, headers: asOwner })
    const log = supervisor.log.lines().map((line) => line.text)
    expect(stats.text).toContain('--listen')
    expect(environment.text).toContain('GATEHOUSE_COMPANION')
    expect(log.length).toBeGreaterThan(10)
    for (const text of [stats.text, environment.text, log.join('\n')]) expect(text).not.toContain(secret)
  })

  it('stands before the middleware of a pack that pushed to the front', async () => {
    const { port, secret } = connect()
    expect((await request(port, '/pushy')).status).toBe(403)
    expect(await request(port, '/pushy', { secret, headers: asOwner })).toEqual({ status: 200, text: 'open' })
  })

  it('keeps the packs of the owner and says which one is broken', () => {
    expect(supervisor.notices).toEqual([expect.objectContaining({ code: 'CUSTOM_NODE_FAILED', pack: 'broken' })])
  })

  it('case 22: survives a node without inputs: the job fails and the next one runs', async () => {
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
  ])('case 22: refuses %s and goes on working', async (_name, body) => {
    const { port, secret } = connect()
    const options = { secret, headers: asOwner, method: 'POST', body: JSON.stringify(body) }
    expect((await request(port, '/prompt', options)).status).toBe(500)
    expect((await runPrompt(goodPrompt)).status.status_str).toBe('success')
    expect(supervisor.health?.workerAlive).toBe(true)
  })

  it(
    'is started again, without a crash, when it restarts itself and has lost the secret',
    async () => {
      const before = connect()
      const kinds: string[] = []
      const leave = supervisor.onStateChange((state) => kinds.push(state.kind))
      const lost = request(before.port, '/test/restart', {
        secret: before.secret,
        headers: asOwner,
        method: 'POST',
      })
      await expect(lost).rejects.toThrow()
      await until(
        'another start',
        () => (supervisor.connection()?.secret ?? before.secret) !== before.secret,
        startTimeoutMs,
      )
      leave()
      expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual(['starting', 'ready'])
      expect((await request(connect().port, '/system_stats', { secret: before.secret })).status).toBe(403)
    },
    startTimeoutMs,
  )

  it(
    'comes back after kill -9',
    async () => {
      const { pid } = await untilState(supervisor, 'ready')
      process.kill(pid, 'SIGKILL')
      expect((await untilState(supervisor, 'backingOff')).attempt).toBe(2)
      expect((await untilState(supervisor, 'ready', startTimeoutMs)).pid).not.toBe(pid)
    },
    startTimeoutMs,
  )

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

  it(
    'is ended at once when its companion cannot be loaded: never open without it',
    async () => {
      const pack = path.join(root, 'resources', 'gatehouse_companion')
      fs.mkdirSync(pack, { recursive: true })
      fs.writeFileSync(path.join(pack, '__init__.py'), 'raise ImportError("not today")\n')
      supervisor.setLaunch({ ...plan(), companionDirectory: path.dirname(pack) })
      await supervisor.start()
      const pid = await untilPid()
      const { failure } = await untilState(supervisor, 'failed', startTimeoutMs)
      expect(failure.code).toBe('COMPANION_FAILED')
      expect(isAlive(pid)).toBe(false)
    },
    startTimeoutMs,
  )
})
