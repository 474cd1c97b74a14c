import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EngineClient, waitFor } from '../support/engineClient.ts'
import { bundlePracticeEngine, findFreePort } from '../support/engineUnderTest.ts'
import { savePrompt, slowPrompt } from './prompts.ts'

const SECRET = 'ab'.repeat(32)
const USER = 'someone000000000'
const OWN_FOLDERS = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }
const OURS = `X-Gatehouse-Secret: ${SECRET}\r\nX-Gatehouse-User: ${USER}\r\n`
let folder = ''
let entry = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-practice-'))
  entry = await bundlePracticeEngine(folder)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

interface Started {
  readonly child: ChildProcess
  readonly client: EngineClient
  readonly port: number
  /** Resolves with the exit code. */
  readonly exit: Promise<number | null>
  readonly stderr: () => string
}

const it = test.extend<{
  start: (options?: { args?: string[]; env?: NodeJS.ProcessEnv; waits?: boolean }) => Promise<Started>
}>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures from this pattern
  start: async ({}, use) => {
    const children: ChildProcess[] = []
    await use(async ({ args = [], env = { GATEHOUSE_SECRET: SECRET }, waits = true } = {}) => {
      const port = await findFreePort()
      const base = join(folder, `data-${port}`)
      const all = [entry, '--port', String(port), '--base-directory', base, ...args]
      const environment: NodeJS.ProcessEnv = { ...process.env, NODE_PATH: resolve('node_modules'), ...env }
      const child = spawn(process.execPath, all, { env: environment, stdio: 'pipe' })
      children.push(child)
      let stderr = ''
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
      const exit = new Promise<number | null>((done) => child.once('exit', done))
      const baseUrl = `http://127.0.0.1:${port}`
      const target = {
        baseUrl,
        webSocketUrl: `ws://127.0.0.1:${port}`,
        headers: { 'x-gatehouse-secret': SECRET, 'x-gatehouse-user': USER },
      }
      const client = new EngineClient(target)
      if (waits) {
        await waitFor(() => Promise.resolve(stderr.includes('To see the GUI') || undefined))
        await client.send('PUT', `/gatehouse/companion/users/${USER}`, JSON.stringify(OWN_FOLDERS))
      }
      return { child, client, port, exit, stderr: () => stderr }
    })
    for (const child of children) child.kill('SIGKILL')
  },
})

/** Sends bytes as they are and resolves with all that came back once the connection is closed. */
function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text))
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
    socket.on('error', () => done(answer))
    socket.on('close', () => done(answer))
  })
}

describe('practice engine process', () => {
  it.for([
    ['no secret', { GATEHOUSE_SECRET: undefined }],
    ['a short secret', { GATEHOUSE_SECRET: 'abc' }],
    ['upper case', { GATEHOUSE_SECRET: 'AB'.repeat(32) }],
  ] as const)('refuses to start with %s', async ([, env], { start }) => {
    const engine = await start({ env, waits: false })
    expect(await engine.exit).toBe(2)
    expect(engine.stderr()).toContain('GATEHOUSE_SECRET')
  })

  it.for([['--port', 'x'], ['--port', '70000'], ['--nonsense'], ['extra']])(
    'refuses the arguments %j',
    async (args, { start }) => {
      const engine = await start({ args, waits: false })
      expect(await engine.exit).toBe(2)
      expect(engine.stderr()).toContain('--base-directory')
    },
  )

  it.for(['SIGTERM', 'SIGINT'] as const)(
    'ends on %s in the middle of a job, with an open socket, and removes temp',
    async (signal, { start }) => {
      const { client, child, exit, port } = await start()
      const socket = await client.openSocket()
      await client.queue(slowPrompt(), { client_id: socket.sid })
      await socket.waitForMessage(({ type }) => type === 'executing')
      child.kill(signal)
      expect(await exit).toBe(0)
      expect(await waitFor(() => Promise.resolve(socket.closeCode))).toBe(1001)
      await expect(readFile(join(folder, `data-${port}`, 'temp'))).rejects.toMatchObject({ code: 'ENOENT' })
    },
  )

  it('ends when its input ends, if told so', async ({ start }) => {
    const { child, exit } = await start({ args: ['--exit-with-parent'] })
    child.stdin?.end()
    expect(await exit).toBe(0)
  })

  it('goes on when its input ends, if not told so', async ({ start }) => {
    const { child, client } = await start()
    child.stdin?.end()
    expect((await client.run(savePrompt())).entry.status.completed).toBe(true)
  })

  it('a busy port ends it with a reason', async ({ start }) => {
    const first = await start()
    const second = await start({ args: ['--port', String(first.port)], waits: false })
    expect(await second.exit).toBe(1)
    expect(second.stderr()).toContain('EADDRINUSE')
  })

  it('writes its secret nowhere', async ({ start }) => {
    const { client, stderr } = await start()
    await client.run(savePrompt())
    const told = [stderr()]
    for (const path of ['/system_stats', '/internal/logs', '/history', '/settings'])
      told.push((await client.get(path)).text)
    expect(told.join('\n')).not.toContain(SECRET)
  })

  it.for([
    'GARBAGE\r\n\r\n',
    'GET /queue HTTP/1.1\r\n\r\n',
    `GET ${'/x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    'POST /prompt HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /prompt HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{"cut',
    'GET http://127.0.0.1/queue HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /%zz%ff HTTP/1.1\r\nHost: a\r\n\r\n',
    `GET /%zz HTTP/1.1\r\nHost: a\r\n${OURS}Connection: close\r\n\r\n`,
    `GET //[ HTTP/1.1\r\nHost: [\r\nOrigin: http://[\r\n${OURS}Connection: close\r\n\r\n`,
    `GET http://[/queue HTTP/1.1\r\nHost: a\r\n${OURS}Connection: close\r\n\r\n`,
    `GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${OURS}\r\n`,
    `GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n${OURS}\r\n`,
    `CONNECT example:443 HTTP/1.1\r\nHost: a\r\n${OURS}\r\n`,
    `POST /upload/image HTTP/1.1\r\nHost: a\r\n${OURS}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 3\r\nConnection: close\r\n\r\n--b`,
  ])('lives on after %j', async (bytes, { start }) => {
    const { client, port } = await start()
    const answer = await sendRaw(port, bytes)
    expect(answer).not.toContain('HTTP/1.1 200')
    expect((await client.run(savePrompt())).entry.status.completed).toBe(true)
  })

  it.for([
    ['/prompt', `{"prompt": ${'['.repeat(50_000)}`],
    ['/prompt', JSON.stringify({ prompt: { a: { class_type: '__proto__', inputs: {} } } })],
    ['/prompt', JSON.stringify({ prompt: { a: { class_type: ['SaveImage'], inputs: {} } } })],
    ['/prompt', '{"prompt":{"__proto__":{"class_type":"SaveImage","inputs":{}}}}'],
    ['/prompt', JSON.stringify({ prompt: savePrompt(), partial_execution_targets: 5 })],
    ['/prompt', JSON.stringify({ prompt: { ...savePrompt(), x: { class_type: 'SaveImage', inputs: 5 } } })],
    ['/queue', '{"delete": 5}'],
    ['/history', '{"delete": {}}'],
    ['/settings', '5'],
    ['/free', 'null'],
    ['/users', '{}'],
    ['/settings/a', '{"a'],
    ['/userdata/a%00b', 'x'],
    ['/userdata/%ff', 'x'],
    ['/upload/mask', 'x'],
  ])('POST %s with %j is no crash', async ([path, body], { start }) => {
    const { client } = await start()
    const answer = await client.send('POST', path ?? '', body)
    expect(answer.status).toBeLessThan(600)
    expect((await client.run(savePrompt())).entry.status.completed).toBe(true)
  })

  it('memory: pictures beyond reason end as an error of the node', async ({ start }) => {
    const { client } = await start()
    const { entry } = await client.run(savePrompt({ width: 16384, height: 16384, batch: 4096 }))
    expect(entry.status.messages.at(-1)[0]).toBe('execution_error')
    const chain = savePrompt({ batch: 4096 })
    chain['3'] = { class_type: 'RepeatImageBatch', inputs: { image: ['1', 0], amount: 4096 } }
    chain['2']!.inputs['images'] = ['3', 0]
    expect((await client.run(chain)).entry.status.messages.at(-1)[0]).toBe('execution_error')
  })

  it('refuses a body beyond 100 MB with 413', async ({ start }) => {
    const { client } = await start()
    const answer = await client.send('POST', '/userdata/big.bin', Buffer.alloc(100 * 1024 * 1024 + 1))
    expect(answer.status).toBe(413)
    expect(answer.text).toMatch(/^Maximum request body size 104857600 exceeded/)
    expect((await client.get('/userdata/big.bin')).status).toBe(404)
  })

  it('answers while the sampler works, previews it and stops it at once', async ({ start }) => {
    const { client } = await start()
    const socket = await client.openSocket({ wantsMetadata: true })
    const sampler = {
      text: 'x',
      seed: 1,
      steps: 1000,
      width: 512,
      height: 512,
      batch_size: 1,
      milliseconds_per_step: 20,
    }
    const prompt = {
      '1': { class_type: 'PracticeSampler', inputs: sampler },
      '2': { class_type: 'PreviewImage', inputs: { images: ['1', 0] } },
    }
    const promptId = (await client.queue(prompt, { client_id: socket.sid })).json().prompt_id
    await socket.waitForMessage(({ type, data }) => type === 'progress' && data.value === 3)
    expect(socket.frames.length).toBeGreaterThanOrEqual(3)
    expect((await client.get('/queue')).status).toBe(200)
    await client.post('/interrupt', { prompt_id: promptId })
    const messages = await socket.waitForEnd(promptId)
    expect(messages.map(({ type }) => type)).toContain('execution_interrupted')
    expect(messages.filter(({ type }) => type === 'progress').length).toBeLessThan(900)
  })

  it('a sampler’s seed of 2^64-1 is another picture than 2^64-2', async ({ start }) => {
    const { client } = await start()
    const pictures: string[] = []
    for (const seed of ['18446744073709551615', '18446744073709551614', '18446744073709551615']) {
      const inputs = {
        text: 'x',
        seed: 'SEED',
        steps: 1,
        width: 64,
        height: 64,
        batch_size: 1,
        milliseconds_per_step: 0,
      }
      const prompt = {
        '1': { class_type: 'PracticeSampler', inputs },
        '2': { class_type: 'PreviewImage', inputs: { images: ['1', 0] } },
      }
      const body = JSON.stringify({ prompt }).replace('"SEED"', seed)
      const entry = await client.waitForHistory((await client.send('POST', '/prompt', body)).json().prompt_id)
      const query = new URLSearchParams({ ...entry.outputs['2'].images[0], channel: 'rgb' })
      pictures.push((await client.get(`/view?${query.toString()}`)).body.toString('hex'))
    }
    expect(pictures[0]).toBe(pictures[2])
    expect(pictures[0]).not.toBe(pictures[1])
  })
})
