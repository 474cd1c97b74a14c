import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import type { Stores } from '../../proxy/accounts/stores.ts'
import type { Clock } from '../../proxy/core/clock.ts'
import type { Logger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import type { UserFolders } from '../../proxy/isolation/userFolders.ts'
import type { JobQueue } from '../../proxy/jobs/jobQueue.ts'
import { openOutputs } from '../../service/openOutputs.ts'
import type { OpenedOutputs } from '../../service/openOutputs.ts'

/** The picture worker as it lies in a checkout. */
export const pictureWorkerFile = resolve('proxy/outputs/pictureWorker.ts')

export interface OutputsFixture extends OpenedOutputs {
  readonly folders: UserFolders
}

/** Recorded files over the stores' own database. */
export function openOutputsFixture(
  stores: Stores,
  jobs: Pick<JobQueue, 'onChange'>,
  folders: UserFolders,
  { clock, logger }: { clock: Clock; logger: Logger },
): OutputsFixture {
  const { dataDirectory } = stores
  const paths = {
    pagesDirectory: '',
    practiceEngine: '',
    companionDirectory: '',
    keychainWorker: '',
    pictureWorker: pictureWorkerFile,
    hashWorker: '',
  }
  const nodeCommand = { file: process.execPath, args: [], env: {} }
  const options = { clock, random: systemRandom, logger, dataDirectory, nodeCommand, paths }
  return { folders, ...openOutputs(stores, { jobs, folders }, options) }
}

export interface NamedOutput {
  readonly filename: string
  readonly subfolder?: string
  readonly type?: string
}

export interface EndedJobOptions {
  readonly state?: 'succeeded' | 'failed' | 'cancelled'
  readonly inHistory?: boolean
  readonly endedAtMs?: number
}

/** A job as the queue leaves it behind, with what its nodes say that they saved. */
export async function addEndedJob(
  { database }: Pick<Stores, 'database'>,
  accountId: string,
  files: readonly NamedOutput[],
  { state = 'succeeded', inHistory = true, endedAtMs = 1_000 }: EndedJobOptions = {},
): Promise<string> {
  const id = systemRandom.uuid()
  const images = files.map((file) => ({ subfolder: '', type: 'output', ...file }))
  await database.kysely
    .insertInto('jobs')
    .values({
      id,
      account_id: accountId,
      client_id: null,
      state,
      held_because: null,
      outcome: null,
      number: 0,
      prompt: '{}',
      extra_data: '{}',
      targets: null,
      outputs: '[]',
      shape: '',
      nodes: 1,
      has_secrets: 0,
      attempts: 0,
      boot_id: null,
      created_at_ms: 0,
      started_at_ms: null,
      ended_at_ms: endedAtMs,
      run_ms: null,
      result: JSON.stringify({ prompt: [], outputs: { 9: { images } }, status: {}, meta: {} }),
      summary: null,
      failure: null,
      in_history: inHistory ? 1 : 0,
    })
    .execute()
  return id
}

/** Writes a file into somebody's output folder, which is made if need be. @returns its path */
export async function saveOutput(
  { folders }: Pick<OutputsFixture, 'folders'>,
  accountId: string,
  name: string,
  bytes: Buffer | string,
): Promise<string> {
  const { outputDirectory } = await folders.ensure(accountId)
  const directory = outputDirectory ?? (await folders.findOutput(accountId))?.directory
  if (directory === undefined) throw new Error('no output folder')
  const path = join(directory, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

/** A plain picture of one colour. */
export function makePicture(width = 64, height = 48, format: 'png' | 'jpeg' | 'webp' = 'png'): Promise<Buffer> {
  const create = { width, height, channels: 3, background: { r: 200, g: 40, b: 90 } } as const
  return sharp({ create }).toFormat(format).toBuffer()
}

/** A chunk of a PNG with its checksum. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** The picture with text chunks before its data, as ComfyUI writes them. */
export function withTexts(png: Buffer, texts: Readonly<Record<string, string>>): Buffer {
  const chunks = Object.entries(texts).map(([name, text]) =>
    pngChunk('tEXt', Buffer.from(`${name}\0${text}`, 'latin1')),
  )
  const behindHeader = 8 + 25
  return Buffer.concat([png.subarray(0, behindHeader), ...chunks, png.subarray(behindHeader)])
}
