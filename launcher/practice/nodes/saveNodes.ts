import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, memberOf, stringifyJson, type JsonValue } from '../values/json.ts'
import { frameToSharp } from './imageBatch.ts'
import { NodeFailure, type ImageBatch, type NodeClass, type NodeRun } from './nodeClass.ts'
import { imageInput, textInput } from './nodeInputs.ts'
import { addPngText } from './pngText.ts'
import { findSavePlace, toForwardSlashes, toPictureName } from './savePath.ts'

const HIDDEN = { prompt: 'PROMPT', extra_pnginfo: 'EXTRA_PNGINFO' }
const SUFFIX_ALPHABET = 'abcdefghijklmnopqrstuvwxyz'

export const saveImage: NodeClass = {
  name: 'SaveImage',
  displayName: 'Save Image',
  category: 'image',
  description: 'Writes the images as PNG files into the output folder.',
  pythonModule: 'nodes',
  schema: 1,
  outputNode: true,
  outputs: [],
  inputTypes: () =>
    Promise.resolve({
      required: {
        images: ['IMAGE', { tooltip: 'What is saved.' }],
        filename_prefix: [
          'STRING',
          {
            default: 'ComfyUI',
            tooltip: 'How the file names begin; %width%, %height%, %year% and the like are filled in.',
          },
        ],
      },
      hidden: HIDDEN,
    }),
  execute: async (inputs, run) => {
    const prefix = textInput(inputs, 'filename_prefix')
    return savePictures(imageInput(inputs, 'images'), prefix, { type: 'output', compressionLevel: 4 }, run)
  },
}

export const previewImage: NodeClass = {
  name: 'PreviewImage',
  displayName: 'Preview Image',
  category: 'image',
  description: 'Shows the images without keeping them.',
  pythonModule: 'nodes',
  schema: 1,
  outputNode: true,
  outputs: [],
  inputTypes: () => Promise.resolve({ required: { images: ['IMAGE'] }, hidden: HIDDEN }),
  execute: async (inputs, run) => {
    const suffix = run.memory.get('suffix') ?? makeSuffix(run)
    run.memory.set('suffix', suffix)
    const prefix = `ComfyUI_temp_${suffix}`
    return savePictures(imageInput(inputs, 'images'), prefix, { type: 'temp', compressionLevel: 1 }, run)
  },
}

export const saveImageWebsocket: NodeClass = {
  name: 'SaveImageWebsocket',
  displayName: 'SaveImageWebsocket',
  category: 'api/image',
  description: '',
  pythonModule: 'custom_nodes.websocket_image_save',
  schema: 1,
  outputNode: true,
  outputs: [],
  inputTypes: () => Promise.resolve({ required: { images: ['IMAGE'] } }),
  fingerprint: () => Promise.resolve(undefined),
  execute: async (inputs, run) => {
    const image = imageInput(inputs, 'images')
    let step = 0
    for (const frame of image.frames) {
      await run.progress(step++, image.frames.length, { type: 'PNG', image: { ...image, frames: [frame] } })
    }
    return { outputs: [] }
  },
}

interface SaveKind {
  readonly type: 'output' | 'temp'
  readonly compressionLevel: number
}

async function savePictures(image: ImageBatch, prefix: string, kind: SaveKind, run: NodeRun) {
  const place = await findSavePlace(prefix, run.folders[kind.type], image, new Date(run.clock.nowMs()))
  const texts = collectTexts(run)
  const encoded = new Map<Buffer, Buffer>()
  const images: JsonValue[] = []
  for (const [batchNumber, frame] of image.frames.entries()) {
    run.checkInterrupted()
    const png = encoded.get(frame) ?? addPngText(await encodePng(image, frame, kind), texts)
    encoded.set(frame, png)
    const filename = toPictureName(place, batchNumber)
    await writeFile(join(place.directory, filename), png)
    images.push({ filename, subfolder: toForwardSlashes(place.subfolder), type: kind.type })
  }
  return { outputs: [], ui: { images } }
}

function encodePng(image: ImageBatch, frame: Buffer, kind: SaveKind): Promise<Buffer> {
  return frameToSharp(image, frame).png({ compressionLevel: kind.compressionLevel }).toBuffer()
}

function collectTexts(run: NodeRun): Map<string, string> {
  const texts = new Map([['prompt', stringifyJson(run.prompt)]])
  const extra = memberOf(run.extraData, 'extra_pnginfo') ?? null
  if (extra === null) return texts
  if (!isJsonObject(extra)) throw new NodeFailure('TypeError', 'extra_pnginfo is no object')
  for (const [key, value] of Object.entries(extra)) texts.set(key, stringifyJson(value))
  return texts
}

function makeSuffix(run: NodeRun): string {
  return Array.from(run.random.bytes(5), (byte) => SUFFIX_ALPHABET.charAt(byte % SUFFIX_ALPHABET.length)).join('')
}
