import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { NodeFailure, plain, type NodeClass, type UserFolders } from './nodeClass.ts'
import { imageInput, textInput } from './nodeInputs.ts'

/*
 * Stands for a pack of custom nodes: what a gate has rules for can be tried here without any harm. Nothing of it starts
 * a program, and the models are a few bytes.
 */

export const PRACTICE_PACK = 'practice-pack'
const MODULE = `custom_nodes.${PRACTICE_PACK}`
const HEAD_BYTES = 4096

const runProgram: NodeClass = {
  name: 'PracticeRunProgram',
  displayName: 'Run a program (practice)',
  category: 'practice',
  description: 'Only says so: no program is started.',
  pythonModule: MODULE,
  schema: 1,
  outputNode: true,
  outputs: [{ type: 'STRING', name: 'STRING' }],
  inputTypes: () => Promise.resolve({ required: { command: ['STRING', { default: 'echo hello', multiline: false }] } }),
  execute: (inputs) => {
    const text = `Nothing was started: ${textInput(inputs, 'command')}`
    return Promise.resolve({ outputs: [plain(text)], ui: { text: [text] } })
  },
}

/** Puts another node in its own place, as nodes of packs do that make loops and choices. */
const expand: NodeClass = {
  name: 'PracticeExpand',
  displayName: 'Become another node (practice)',
  category: 'practice',
  description: '',
  pythonModule: MODULE,
  schema: 1,
  outputNode: false,
  outputs: [{ type: 'IMAGE', name: 'IMAGE' }],
  inputTypes: () =>
    Promise.resolve({
      required: { image: ['IMAGE'], class_name: ['STRING', { default: 'ImageInvert', multiline: false }] },
    }),
  execute: (inputs, run) =>
    run.runClass(textInput(inputs, 'class_name'), new Map([['image', imageInput(inputs, 'image')]])),
}

/** Reads a model file, as far as its first bytes. */
const loadModel: NodeClass = {
  name: 'PracticeModelLoader',
  displayName: 'Load a model (practice)',
  category: 'practice',
  description: '',
  pythonModule: MODULE,
  schema: 1,
  outputNode: false,
  outputs: [{ type: 'STRING', name: 'STRING' }],
  inputTypes: async ({ models }) => ({ required: { ckpt_name: [await models.list('checkpoints'), {}] } }),
  fingerprint: async (inputs, folders) => {
    const name = inputs['ckpt_name']
    return typeof name === 'string' ? await hashHead('checkpoints', name, folders) : undefined
  },
  execute: async (inputs, run) => {
    const hash = await hashHead('checkpoints', textInput(inputs, 'ckpt_name'), run.folders)
    if (hash === undefined) throw new NodeFailure('FileNotFoundError', 'The model is not there.')
    return { outputs: [plain(hash)] }
  },
}

/** Opens a model by a name that no list has checked: in a text, as ComfyUI's `embedding:name`. */
const readText: NodeClass = {
  name: 'PracticeTextEncode',
  displayName: 'Text with embeddings (practice)',
  category: 'practice',
  description: '',
  pythonModule: MODULE,
  schema: 1,
  outputNode: false,
  outputs: [{ type: 'STRING', name: 'STRING' }],
  inputTypes: () => Promise.resolve({ required: { text: ['STRING', { multiline: true }] } }),
  fingerprint: () => Promise.resolve(undefined),
  execute: async (inputs, run) => {
    const words = textInput(inputs, 'text').split(/\s+/)
    const read = words.map(async (word) => {
      const name = /^embedding:(.+)$/.exec(word)?.[1]
      if (name === undefined) return word
      const file = /\.\w+$/.test(name) ? name : `${name}.safetensors`
      return (await hashHead('embeddings', file, run.folders)) ?? ''
    })
    return { outputs: [plain((await Promise.all(read)).join(' '))] }
  },
}

export const practicePack: readonly NodeClass[] = [runProgram, expand, loadModel, readText]

/** Of what the file begins with; undefined when it is not there or not this person's to use. */
async function hashHead(kind: string, name: string, { models }: UserFolders): Promise<string | undefined> {
  const path = await models.find(kind, name)
  if (path === undefined) return undefined
  try {
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
      return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex')
    } finally {
      await file.close()
    }
  } catch {
    // Went away since it was listed.
    return undefined
  }
}
