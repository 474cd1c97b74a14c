import sharp from 'sharp'
import { createLandscape, drawRows } from '../../launcher/practice/nodes/landscape.ts'
import type { Person } from '../../proxy/contract/accounts.ts'
import { folderSchema } from '../../proxy/contract/folders.ts'
import type { Folder } from '../../proxy/contract/folders.ts'
import { outputDetailsSchema, outputSchema } from '../../proxy/contract/outputs.ts'
import type { Output, OutputDetails, OutputKind } from '../../proxy/contract/outputs.ts'
import { fixtureNowMs } from './pageFixtures.ts'

/*
 * What the pages of pictures are shown with: files of every kind and shape, from today back to last year, and folders in
 * every state.
 */

const GiB = 1024 ** 3
const minuteMs = 60_000
const shapes = [
  [1024, 1024],
  [1216, 832],
  [832, 1216],
  [1344, 768],
  [768, 1344],
  [2048, 640],
  [512, 512],
] as const

/** The one among `createOutputs` that is heard. */
export const soundNumber = 12

const outputId = (number: number): string => `picture${String(number).padStart(9, '0')}`

function createOutput(number: number, person: Person, madeAtMs: number, rest: Partial<Output> = {}): Output {
  const [width, height] = shapes[(number * 5 + (number >> 2)) % shapes.length] ?? shapes[0]
  return outputSchema.parse({
    id: outputId(number),
    user: { id: person.id, name: person.name },
    jobId: null,
    name: `Landscape_${String(900 - number).padStart(5, '0')}_.png`,
    subfolder: number % 4 === 0 ? 'landscapes/mist' : '',
    kind: 'image',
    mediaType: 'image/png',
    bytes: 700_000 + ((number * 131_071) % 1_400_000),
    width,
    height,
    madeAt: new Date(madeAtMs).toISOString(),
    shared: number % 7 === 3,
    keep: number % 11 === 3,
    expiresAt: null,
    ...rest,
  })
}

const otherKind = (kind: OutputKind, name: string, mediaType: string): Partial<Output> => ({
  kind,
  name,
  mediaType,
  width: null,
  height: null,
})

/** Two evenings, a week, and last year. */
export function createOutputs(makers: readonly Person[]): Output[] {
  const gapsMinutes = [
    4, 6, 3, 9, 14, 5, 2, 7, 900, 4, 8, 3, 3, 6, 5, 1300, 5, 6, 4, 7, 2900, 8, 4, 3, 480_000, 3, 5, 2,
  ]
  let atMs = fixtureNowMs
  return gapsMinutes.map((gap, number) => {
    atMs -= gap * minuteMs
    const maker = makers[(number >> 1) % makers.length]
    if (maker === undefined) throw new TypeError('somebody made it')
    if (number === 5) return createOutput(number, maker, atMs, otherKind('video', 'waves_00002_.mp4', 'video/mp4'))
    if (number === soundNumber) {
      const name = 'Wiegenlied für Donaudampfschifffahrtskapitäne_00001_.flac'
      return createOutput(number, maker, atMs, otherKind('audio', name, 'audio/flac'))
    }
    return createOutput(number, maker, atMs)
  })
}

/** As many as one likes, three a day: what ten thousand pictures look like to the page. */
export function createManyOutputs(person: Person, amount: number): Output[] {
  return Array.from({ length: amount }, (_unused, number) =>
    createOutput(number, person, fixtureNowMs - number * 8 * 60 * minuteMs),
  )
}

/** Answers `GET outputs` page by page, as the gate does. */
export function toOutputPages(outputs: readonly Output[]) {
  return (query: URLSearchParams) => {
    const start = Number(query.get('cursor') ?? 0)
    const end = start + Number(query.get('limit') ?? 60)
    return { items: outputs.slice(start, end), nextCursor: end < outputs.length ? String(end) : null }
  }
}

export const describeMade = (output: Output, rest: Partial<OutputDetails> = {}): OutputDetails =>
  outputDetailsSchema.parse({
    ...output,
    hasWorkflow: true,
    madeWith: [
      {
        label: 'Text',
        value: 'a wide valley in the morning mist, distant ridges, soft light, large format photograph',
      },
      { label: 'Not', value: 'people, text, watermark' },
      { label: 'Model', value: 'sd_xl_base_1.0.safetensors' },
      { label: 'Seed', value: '724,613,350,911' },
      { label: 'Steps', value: '28' },
      { label: 'Sampler', value: 'dpmpp_2m, karras' },
    ],
    ...rest,
  })

export function createFolder(person: Person, rest: Partial<Folder> = {}): Folder {
  return folderSchema.parse({
    user: { id: person.id, name: person.name },
    path: `/home/me/Pictures/Gatehouse/${person.name}`,
    isComfyuisOwn: false,
    state: 'ready',
    problem: null,
    files: 812,
    bytes: Math.round(12.4 * GiB),
    inputBytes: Math.round(0.3 * GiB),
    quotaBytes: 20 * GiB,
    hasOwnQuota: false,
    retentionDays: null,
    hasOwnRetention: false,
    freeBytes: 412 * GiB,
    warning: null,
    moving: null,
    ...rest,
  })
}

/** What a person sees of the own folder: not where it lies. */
export const ownFolder = (person: Person, rest: Partial<Folder> = {}): Folder =>
  createFolder(person, { path: null, freeBytes: null, ...rest })

export const fullFolder = { bytes: Math.round(19.7 * GiB), warning: 'Nearly full: 19.7 GB of 20 GB' }

/** One in every state that has words of its own. */
export function createFolders(people: readonly Person[]): Folder[] {
  const rests: readonly Partial<Folder>[] = [
    {
      path: '/home/me/ComfyUI/output',
      isComfyuisOwn: true,
      files: 3120,
      bytes: 61 * GiB,
      quotaBytes: null,
      hasOwnQuota: true,
    },
    { ...fullFolder, retentionDays: 30, hasOwnRetention: true },
    {
      path: '/media/me/Seagate Expansion Drive/Bildersammlung/Leo/Gatehouse',
      state: 'missing',
      problem: 'The drive of this folder is not there. Connect it; until then Leo makes no new pictures.',
      quotaBytes: 120 * GiB,
      hasOwnQuota: true,
      bytes: 48 * GiB,
      freeBytes: null,
    },
    { moving: { doneBytes: 3 * GiB, allBytes: 9 * GiB }, bytes: 9 * GiB },
    { path: null, state: 'notMadeYet', files: 0, bytes: 0, inputBytes: 0 },
  ]
  return people.map((person, number) => createFolder(person, rests[number % rests.length]))
}

/** A second of silence. */
function createSound(): Buffer {
  const [rate, header] = [8000, Buffer.alloc(44)]
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + rate, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate, 28)
  header.writeUInt16LE(1, 32)
  header.writeUInt16LE(8, 34)
  header.write('data', 36)
  header.writeUInt32LE(rate, 40)
  return Buffer.concat([header, Buffer.alloc(rate, 128)])
}

export interface DrawnFile {
  readonly type: string
  readonly body: Buffer
}

const drawn = new Map<string, Promise<Buffer>>()

/** What is behind `path` below outputs/: a file or its preview; undefined for other paths. */
export async function drawOutput(path: string, size: number): Promise<DrawnFile | undefined> {
  const [, id, kind] = /^(?:outputs|shared)\/(picture\d{9})\/(thumbnail|file)$/.exec(path) ?? []
  if (id === undefined) return undefined
  const number = Number(id.slice('picture'.length))
  if (number === soundNumber && kind === 'file') return { type: 'audio/wav', body: createSound() }
  const [wide, high] = shapes[(number * 5 + (number >> 2)) % shapes.length] ?? shapes[0]
  const scale = kind === 'file' ? 1 : Math.min(1, size / wide)
  const [width, height] = [Math.round(wide * scale), Math.round(high * scale)]
  const key = `${number % 40} ${width} ${height}`
  const known = drawn.get(key) ?? drawLandscape(number % 40, width, height)
  drawn.set(key, known)
  return { type: 'image/webp', body: await known }
}

/** A made-up landscape, as WebP. */
export function drawLandscape(number: number, width: number, height: number): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3)
  const landscape = createLandscape(`fixture ${number % 9}`, BigInt(number), 0)
  drawRows(landscape, pixels, { width, height }, { from: 0, to: height })
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .webp()
    .toBuffer()
}
