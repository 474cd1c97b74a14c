import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createdKeySchema } from '../../../proxy/contract/keys.ts'
import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { workflowInputSchema } from '../../../proxy/contract/workflows.ts'
import { createWorkflowRecipes } from '../../../renderer/features/workflows/workflowRecipes.ts'
import { makePng } from '../../contract/prompts.ts'
import { quickPrompt } from '../../support/canvasPrompts.ts'
import { openPublisher, quickInputs } from '../../support/publishing.ts'
import type { Publisher } from '../../support/publishing.ts'
import { nodeFile } from '../../support/desktopRuntime.ts'
import { serveGatehouse } from '../../support/servedGatehouse.ts'
import type { ServedGatehouse } from '../../support/servedGatehouse.ts'

const run = promisify(execFile)
let gatehouse: ServedGatehouse
let publisher: Publisher

beforeAll(async () => {
  gatehouse = await serveGatehouse({ people: { Tom: 'user', Ada: 'administrator' }, frontendDirectory: undefined })
  publisher = await openPublisher(gatehouse, 'Ada')
})
afterAll(() => gatehouse.close())

async function makeRecipes(workflow: { id: string; inputs: readonly WorkflowInput[] }) {
  const { items } = (await publisher.ask('GET', 'users')).json
  const tom = items.find(({ name }: { name: string }) => name === 'Tom')
  const made = await publisher.ask('POST', 'keys', { name: 'recipe', userId: tom.id, workflowId: workflow.id })
  const { key } = createdKeySchema.parse(made.json)
  return {
    key,
    recipes: createWorkflowRecipes({ url: gatehouse.url, workflowId: workflow.id, inputs: workflow.inputs, key }),
  }
}

/** Runs a recipe as somebody pastes it, in a folder of its own. @returns the picture that it saved */
async function follow(program: string, script: string, name: string, photo = makePng()): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-recipe-'))
  try {
    writeFileSync(join(directory, name), script)
    writeFileSync(join(directory, 'photo.png'), await photo)
    const before = new Set(readdirSync(directory))
    await run(program, [name], { cwd: directory, timeout: 60_000 })
    const [made = ''] = readdirSync(directory).filter((file) => !before.has(file))
    return readFileSync(join(directory, made))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const programs = [
  ['curl', 'sh', 'recipe.sh'],
  ['Python', 'python3', 'recipe.py'],
  ['JavaScript', nodeFile, 'recipe.mjs'],
] as const

describe('the lines that the owner copies', () => {
  it.each(programs)('run the workflow, wait and save its picture: %s', async (title, program, file) => {
    const prompt = quickPrompt('recipe', 7)
    const workflow = await publisher.publish({ name: `By ${title}`, prompt, inputs: quickInputs })
    const { recipes } = await makeRecipes(workflow)

    const picture = await follow(program, recipes.find((recipe) => recipe.title === title)?.code ?? '', file)

    expect(await sharp(picture).metadata()).toMatchObject({ width: 64, height: 48, format: 'png' })
    const runs = (await publisher.ask('GET', 'workflows?all=true')).json.items
    expect(runs.find(({ id }: { id: string }) => id === workflow.id).timesRun).toBe(1)
  })

  it.each(programs)('upload a picture first where the workflow starts from one: %s', async (title, program, file) => {
    const image = { key: '1.image', label: 'Picture', kind: 'image', default: 'example.png' }
    const workflow = await publisher.publish({
      name: `Picture by ${title}`,
      prompt: {
        '1': { class_type: 'LoadImage', inputs: { image: 'example.png' } },
        '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'copy' } },
      },
      inputs: [workflowInputSchema.parse(image)],
    })
    const { recipes } = await makeRecipes(workflow)

    const code = recipes.find((recipe) => recipe.title === title)?.code ?? ''
    // A picture of its own: what ComfyUI has made before, it does not make again.
    const photo = await makePng(title.length)
    const picture = await follow(program, code, file, Promise.resolve(photo))

    const [made, given] = await Promise.all([picture, photo].map((one) => sharp(one).removeAlpha().raw().toBuffer()))
    expect(made).toEqual(given)
  })

  it('say why a run was refused, and end', async () => {
    const workflow = await publisher.publish({ name: 'Refused', prompt: quickPrompt('no', 5), inputs: quickInputs })
    const { recipes } = await makeRecipes(workflow)
    const code = recipes.find(({ title }) => title === 'curl')?.code ?? ''
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-recipe-'))
    try {
      const script = code.replace('"1.text":', '"1.nothing":')
      const ended = run('sh', ['-c', script], { cwd: directory, timeout: 20_000 })
      const said: unknown = await ended.catch((error: unknown) => error)
      expect(said).not.toMatchObject({ killed: true })
      expect(said).toMatchObject({ stdout: expect.stringContaining('1.nothing') })
      expect(readdirSync(directory)).toEqual([])
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })

  it('carry a key that reaches nothing else (a key that was copied out of a script)', async () => {
    const first = await publisher.publish({ name: 'First', prompt: quickPrompt('one', 1), inputs: quickInputs })
    const second = await publisher.publish({ name: 'Second', prompt: quickPrompt('two', 2), inputs: quickInputs })
    const { key } = await makeRecipes(first)
    const ask = async (method: string, path: string, body?: unknown): Promise<number> => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const sent = body === undefined ? {} : { body: JSON.stringify(body) }
      return (await fetch(new URL(path, gatehouse.url), { method, headers, ...sent })).status
    }

    expect(await ask('GET', `gatehouse/api/v1/workflows/${first.id}`)).toBe(200)
    expect(await ask('GET', `gatehouse/api/v1/workflows/${second.id}`)).not.toBe(200)
    expect(await ask('POST', `gatehouse/api/v1/workflows/${second.id}/run`, {})).not.toBe(201)
    expect(await ask('POST', 'prompt', { prompt: quickPrompt('free', 3) })).toBe(403)
    expect(await ask('GET', 'gatehouse/api/v1/keys')).toBe(403)
    expect(await ask('GET', 'object_info')).toBe(403)
  })
})
