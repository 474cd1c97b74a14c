import { z } from 'zod'
import type { ModelFiles } from '../contract/nodeAnswers.ts'

/** Asks the engine in the name of somebody who has no limits; undefined: no answer. */
export type AskAsOwner = (path: string) => Promise<{ readonly status: number; readonly body: Buffer } | undefined>

/** Kinds of ComfyUI's that hold no models. */
const NO_MODELS = new Set(['custom_nodes', 'configs'])
const namesSchema = z.array(z.string())

/** Every file of every kind that ComfyUI lists; undefined: it did not answer. */
export async function readModelFiles(ask: AskAsOwner): Promise<ModelFiles['items'] | undefined> {
  const kinds = await readNames(ask, '/models')
  if (kinds === undefined) return undefined
  const items: ModelFiles['items'] = []
  for (const folder of kinds.filter((kind) => !NO_MODELS.has(kind))) {
    const names = await readNames(ask, `/models/${encodeURIComponent(folder)}`)
    if (names === undefined) return undefined
    // On Windows it lists them with its own separator.
    items.push({ folder, names: names.map((name) => name.replaceAll('\\', '/')) })
  }
  return items
}

async function readNames(ask: AskAsOwner, path: string): Promise<string[] | undefined> {
  const answer = await ask(path)
  if (answer?.status !== 200) return undefined
  const parsed = namesSchema.safeParse(JSON.parse(answer.body.toString('utf8')))
  return parsed.success ? parsed.data : undefined
}
