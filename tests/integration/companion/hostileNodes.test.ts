/** Every node of a real ComfyUI that could read or write by a name it is given, with names that lead to others. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startComfyuiWithPacks, type ComfyuiUser, type ComfyuiWithPacks } from '../../support/comfyuiWithPacks.ts'
import { takeCensus, workflowFor, type Census } from './nodeCensus.ts'

const comfyuiDirectory = process.env['COMFYUI_DIR']
const MARK = `planted${process.pid}`
const COLOR = { r: 11, g: 22, b: 33 }
const SECRET = 'the words of bert'

/**
 * Not run: they send what they are given to a server of comfy.org first. All of them save what comes back in
 * `get_output_directory()` under a name of their own, and read by `get_annotated_filepath`.
 */
const ASK_A_SERVER = [
  'GeminiInputFiles',
  'KlingDualCharacterVideoEffectNode',
  'KlingImage2VideoNode',
  'KlingImageGenerationNode',
  'KlingSingleImageVideoEffectNode',
  'KlingVirtualTryOnNode',
  'OpenAIInputFiles',
  'TripoConversionNode',
  'TripoImageToModelNode',
  'TripoMultiviewToModelNode',
  'TripoRefineNode',
  'TripoRetargetNode',
  'TripoRigNode',
  'TripoTextToModelNode',
  'TripoTextureNode',
]
/** Without models to load these can only be given names, which is enough to see whether they follow them. */
const SAVE_WITHOUT_A_MODEL = [
  'LossGraphNode',
  'SaveAnimatedPNG',
  'SaveAnimatedWEBP',
  'SaveGLB',
  'SaveImage',
  'SaveLatent',
  'SaveLoRANode',
  'SaveSVGNode',
  'SaveVideo',
  'SaveWEBM',
]

describe.skipIf(comfyuiDirectory === undefined)('every node that could follow a path', () => {
  let comfyui: ComfyuiWithPacks
  let anna: ComfyuiUser
  let bert: ComfyuiUser
  let outside: string
  let census: Census
  const ended = new Map<string, string>()

  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'gatehouse-outside-'))
    comfyui = await startComfyuiWithPacks({ hostile: 'tests/support/hostilePack' })
    anna = await comfyui.addUser('annaannaannaanna')
    bert = await comfyui.addUser('bertbertbertbert')
    await mkdir(anna.folders.temp, { recursive: true })
    const picture = await sharp({ create: { width: 32, height: 32, channels: 3, background: COLOR } })
      .png()
      .toBuffer()
    for (const folder of [bert.folders.input, bert.folders.output, comfyui.folders.input, outside]) {
      await mkdir(join(folder, 'set'), { recursive: true })
      for (const file of ['picture.png', 'set/picture.png']) await writeFile(join(folder, file), picture)
      for (const file of ['words.txt', 'set/picture.txt']) await writeFile(join(folder, file), SECRET)
    }
    for (const folder of [anna.folders.input, anna.folders.output, anna.folders.temp]) {
      await symlink(bert.folders.output, join(folder, 'link'))
      await symlink(outside, join(folder, 'away'))
    }
    census = takeCensus((await anna.client.get('/object_info')).json(), ['hostile'])
  }, 180_000)

  afterAll(async () => {
    await comfyui.close()
    await rm(outside, { recursive: true, force: true })
  })

  async function run(name: string, text: string): Promise<string> {
    const node = census.get(name)
    if (node === undefined) throw new Error(`no node ${name}`)
    const answer = await anna.client.queue(workflowFor(name, node, text))
    if (answer.status !== 200) return `refused ${answer.text}`
    const entry = await anna.client.waitForHistory(answer.json().prompt_id)
    return `${entry.status.status_str} ${JSON.stringify([entry.outputs, entry.status.messages])}`
  }

  const hostileTexts = (): string[] => {
    const theirs = bert.folders.output
    const ways = [anna.folders.input, anna.folders.output].map((folder) => relative(folder, theirs))
    const places = [theirs, bert.folders.input, comfyui.folders.input, comfyui.folders.output, outside, ...ways]
    return [...places, 'link', 'away', '..'].flatMap((place) => [
      join(place, MARK),
      join(place, 'picture.png'),
      join(place, 'set'),
    ])
  }

  it('those that cannot be run here are known by name', () => {
    const asking = [...census].filter(([, node]) => node.python_module.startsWith('comfy_api_nodes'))
    expect(asking.map(([name]) => name).sort()).toEqual(ASK_A_SERVER)
    expect(census.size).toBeGreaterThan(60)
  })

  it('those that save do save, by an ordinary name and into the user’s own folder', async () => {
    for (const name of SAVE_WITHOUT_A_MODEL)
      expect([name, (await run(name, `ordinary/${name}`)).slice(0, 7)]).toEqual([
        name,
        name === 'LossGraphNode' ? 'error [' : 'success',
      ])
    expect(await run('LossGraphNode', 'ordinary_graph')).toMatch(/^success/)
    const made = [...pathsBelow(anna.folders.output), ...pathsBelow(anna.folders.temp)]
    for (const name of SAVE_WITHOUT_A_MODEL) {
      const part = name === 'LossGraphNode' ? 'ordinary_graph' : `ordinary/${name}`
      expect([name, made.some((path) => path.includes(part))]).toEqual([name, true])
    }
  })

  it('case 24, 25: none writes outside of the user’s folders, and none reads there', { timeout: 900_000 }, async () => {
    const watched = [
      ...Object.values(bert.folders).filter(existsSync),
      comfyui.folders.input,
      comfyui.folders.output,
      outside,
    ]
    const before = watched.map(stateOf)
    const texts = hostileTexts()
    for (const [name, node] of census) {
      if (node.python_module.startsWith('comfy_api_nodes')) continue
      for (const text of texts) ended.set(`${name} ${text}`, await run(name, text))
    }
    expect(watched.map(stateOf)).toEqual(before)
    expect(plantedBelow(tmpdir(), 2)).toEqual([])
    expect(plantedBelow(comfyuiDirectory ?? '', 3)).toEqual([])
    for (const [what, end] of ended) expect([what, end.includes(SECRET)]).toEqual([what, false])
    const pictures = [...pathsBelow(anna.folders.output), ...pathsBelow(anna.folders.temp)].filter((path) =>
      path.endsWith('.png'),
    )
    expect(pictures.length).toBeGreaterThan(0)
    for (const path of pictures) expect([path, await shows(path)]).toEqual([path, false])
    expect((await comfyui.health()).workerAlive).toBe(true)
  })

  it('case 25: those that take a prefix say so before they do anything', () => {
    const prefixed = [...census].filter(([, { input }]) =>
      Object.keys({ ...input.required, ...input.optional }).some((name) => /^(filename_)?prefix$/.test(name)),
    )
    expect(prefixed.length).toBeGreaterThanOrEqual(SAVE_WITHOUT_A_MODEL.length)
    for (const [name] of prefixed) {
      for (const text of hostileTexts()) {
        expect([name, text, ended.get(`${name} ${text}`)]).toEqual([
          name,
          text,
          expect.stringMatching(/^(refused|error).*SavingRefused/),
        ])
      }
    }
  })

  /** Whether the colour of bert's picture is in it. */
  async function shows(path: string): Promise<boolean> {
    const { data, info } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    for (let at = 0; at < data.length; at += info.channels) {
      if (data[at] === COLOR.r && data[at + 1] === COLOR.g && data[at + 2] === COLOR.b) return true
    }
    return false
  }
})

function pathsBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? pathsBelow(path) : entry.isFile() ? [path] : []
  })
}

/** Names, sizes and contents of everything below a folder. */
function stateOf(folder: string): string[] {
  return pathsBelow(folder).map((path) => `${path} ${statSync(path).mtimeMs} ${readFileSync(path).toString('base64')}`)
}

/** Files with our mark in their names; folders of tests' own people are looked at elsewhere. */
function plantedBelow(folder: string, depth: number): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.name.includes(MARK)) return [path]
    const isOurs =
      entry.isDirectory() && !entry.name.startsWith('gatehouse-packs-') && !/^(venv|\.git)$/.test(entry.name)
    try {
      return isOurs && depth > 1 ? plantedBelow(path, depth - 1) : []
    } catch {
      return [] // another account's
    }
  })
}
