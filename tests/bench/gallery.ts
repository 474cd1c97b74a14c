/*
 * Measures the gallery's API with many recorded pictures, against `gatehouse serve` as it is shipped:
 *   node tests/bench/gallery.ts [--pictures 10000] [--keep]
 * `--keep` leaves it running and prints its address and a key, for whoever wants to look at it with a page.
 */
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { openStores } from '../../proxy/accounts/openStores.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { UserFolders } from '../../proxy/isolation/userFolders.ts'
import { addEndedJob, openOutputsFixture, withTexts } from '../support/outputsFixture.ts'
import { ChildProcesses } from './system/childProcesses.ts'
import { serveFolder } from './system/gatehouse.ts'

const PAGE = 60
/** As many connections as a browser opens to one host over HTTP/1.1. */
const CONNECTIONS = 6
const DISTINCT = 120
const FILES_PER_JOB = 4
const SIDE = 1024

interface Prepared {
  readonly key: string
  readonly recordMs: number
}

/** Pictures of the size and weight of usual ones, each under many names. */
async function makeSources(directory: string): Promise<string[]> {
  const prompt = JSON.stringify({ 3: { class_type: 'KSampler', inputs: { seed: 1, steps: 20 } } })
  const sources: string[] = []
  for (let at = 0; at < DISTINCT; at += 1) {
    const small = { width: 64, height: 64, channels: 3 } as const
    const pixels = systemRandom.bytes(small.width * small.height * small.channels)
    const png = await sharp(pixels, { raw: small }).resize(SIDE, SIDE, { kernel: 'cubic' }).png().toBuffer()
    const path = join(directory, `source${at}.png`)
    writeFileSync(path, withTexts(png, { prompt, workflow: '{"nodes":[]}' }))
    sources.push(path)
  }
  return sources
}

/** A data folder in which one person's jobs have made that many pictures, recorded by the product's own recorder. */
async function prepare(base: string, dataDirectory: string, pictures: number): Promise<Prepared> {
  const by = { actor: { kind: 'system' } } as const
  const shared = { clock: systemClock, logger: silentLogger }
  const stores = await openStores({ dataDirectory, ...shared, random: systemRandom, secrets: { kind: 'file' } })
  const { id } = await stores.accounts.create({ name: 'painter', role: 'creator' }, by)
  const key = { accountId: id, name: 'benchmark', scopes: ['run', 'read'], expiresAtMs: null } as const
  const { text } = await stores.keys.create(key, by)
  const { kysely } = stores.database
  const outputsRoot = join(dataDirectory, 'outputs')
  const folders = new UserFolders({ kysely, ...shared, dataDirectory, outputsRoot, platform: process.platform })
  const { outputDirectory } = await folders.ensure(id)
  const sources = await makeSources(base)
  const names = Array.from({ length: pictures }, (_, at) => `ComfyUI_${String(at).padStart(5, '0')}_.png`)
  for (const [at, name] of names.entries()) linkSync(sources[at % DISTINCT] ?? '', join(outputDirectory ?? '', name))
  for (let at = 0; at < pictures; at += FILES_PER_JOB) {
    await addEndedJob(
      stores,
      id,
      names.slice(at, at + FILES_PER_JOB).map((filename) => ({ filename })),
      { endedAtMs: at },
    )
  }
  const startedMs = performance.now()
  const files = openOutputsFixture(stores, { onChange: () => () => undefined }, folders, shared)
  await files.outputs.recordNow()
  const recordMs = performance.now() - startedMs
  await files.close()
  rmSync(join(dataDirectory, 'thumbnails'), { recursive: true, force: true })
  await stores.close()
  return { key: text, recordMs }
}

interface Answer {
  readonly status: number
  readonly ms: number
  readonly body: Buffer
}

class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  readonly #port: number
  readonly #key: string

  constructor(port: number, key: string) {
    this.#port = port
    this.#key = key
  }

  get(path: string): Promise<Answer> {
    const startedMs = performance.now()
    return new Promise((resolveAnswer, reject) => {
      const headers = { authorization: `Bearer ${this.#key}` }
      request({ host: '127.0.0.1', port: this.#port, path: `/gatehouse/api/v1${path}`, headers, agent: this.#agent })
        .on('error', reject)
        .on('response', (response) => {
          const chunks: Buffer[] = []
          response
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .on('end', () => {
              const body = Buffer.concat(chunks)
              resolveAnswer({ status: response.statusCode ?? 0, ms: performance.now() - startedMs, body })
            })
        })
        .end()
    })
  }

  async list(query: string): Promise<{ ms: number; ids: string[]; nextCursor: string | null }> {
    const { status, ms, body } = await this.get(`/outputs?limit=${PAGE}${query}`)
    if (status !== 200) throw new Error(`the list answers ${status}`)
    const page = JSON.parse(body.toString())
    return { ms, ids: page.items.map((item: { id: string }) => item.id), nextCursor: page.nextCursor }
  }

  close(): void {
    this.#agent.destroy()
  }
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.floor((sorted.length - 1) * part)] ?? 0

const print = (what: string, value: number | string): void =>
  console.log(`${what.padEnd(58)} ${typeof value === 'number' ? `${value.toFixed(1)} ms` : value}`)

/** The list and its previews, as a page of the gallery asks for them. */
async function measureFirstPage(client: Client, name: string): Promise<void> {
  const startedMs = performance.now()
  const { ms, ids } = await client.list('')
  const answers = await Promise.all(ids.map((id) => client.get(`/outputs/${id}/thumbnail?size=256`)))
  const failed = answers.filter(({ status }) => status !== 200).length
  if (failed > 0) throw new Error(`${failed} previews were refused`)
  const kilobytes = answers.reduce((sum, { body }) => sum + body.length, 0) / 1000
  print(`${name}: list of ${PAGE}`, ms)
  print(`${name}: list and ${ids.length} previews (${kilobytes.toFixed(0)} kB)`, performance.now() - startedMs)
}

async function measureLists(client: Client): Promise<void> {
  const times: number[] = []
  let count = 0
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Awaited<ReturnType<Client['list']>> = await client.list(cursor === '' ? '' : `&cursor=${cursor}`)
    times.push(page.ms)
    count += page.ids.length
    cursor = page.nextCursor
  }
  times.sort((a, b) => a - b)
  print(`every page to the end (${count} files), median`, quantile(times, 0.5))
  print('every page to the end, slowest', quantile(times, 1))
  print('search that finds one', (await client.list('&search=_00007_')).ms)
  print('search that finds nothing', (await client.list('&search=nothing-like-it')).ms)
  print('kept ones (there are none)', (await client.list('&kept=true')).ms)
}

const { values } = parseArgs({ options: { pictures: { type: 'string', default: '10000' }, keep: { type: 'boolean' } } })
const base = mkdtempSync(join(tmpdir(), 'gatehouse-gallery-'))
const children = new ChildProcesses()
try {
  const dataDirectory = join(base, 'data')
  mkdirSync(dataDirectory, { mode: 0o700 })
  const { key, recordMs } = await prepare(base, dataDirectory, Number(values.pictures))
  print(`recording ${values.pictures} files of ended jobs`, recordMs)
  const dist = resolve('dist')
  const gate = await serveFolder(children, {
    name: 'gallery',
    node: process.execPath,
    dist,
    dataDirectory,
    engineArguments: ['--practice'],
    nodeArguments: [],
  })
  const client = new Client(gate.port, key)
  print('cores', String(cpus().length))
  print('first request of a key', (await client.get('/session')).ms)
  await measureFirstPage(client, 'cold')
  await measureFirstPage(client, 'warm')
  await measureLists(client)
  client.close()
  if (values.keep === true) {
    console.log(`http://127.0.0.1:${gate.port}/  key of painter: ${key}\nEnd it with Ctrl+C.`)
    await new Promise((ended) => process.once('SIGINT', ended))
  }
} finally {
  await children.endAll()
  rmSync(base, { recursive: true, force: true })
}
