import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { JsonObject } from '../values/json.ts'
import type { NodeClass } from './nodeClass.ts'
import { PRACTICE_PACK } from './practicePack.ts'

/** Not what these do here, but what classes of such names do in ComfyUI and its packs. */
const RISKS: Readonly<Record<string, readonly string[]>> = {
  PracticeRunProgram: ['startsPrograms'],
  RegexMatch: ['canHang'],
}

/** What the gate is told of a class. @param base the engine's folder */
export function describeFacts({ name, displayName, category, pythonModule }: NodeClass, base: string): JsonObject {
  const isOfPack = pythonModule === `custom_nodes.${PRACTICE_PACK}`
  return {
    name,
    title: displayName ?? name,
    category,
    pack: isOfPack ? PRACTICE_PACK : 'comfyui',
    packPath: isOfPack ? join(base, 'custom_nodes', PRACTICE_PACK) : base,
    sourceHash: createHash('sha256')
      .update(isOfPack ? `${PRACTICE_PACK} 1` : pythonModule)
      .digest('hex'),
    risks: [...(RISKS[name] ?? [])],
  }
}
