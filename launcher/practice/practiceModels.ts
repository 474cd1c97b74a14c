import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasCode } from '../../proxy/core/systemErrors.ts'

/** As small as files of models can be: there is something to list, to allow and to forbid. */
const FILES: readonly (readonly [kind: string, name: string])[] = [
  ['checkpoints', 'practice-ink.safetensors'],
  ['checkpoints', 'practice-paint.safetensors'],
  ['loras', 'practice/soft.safetensors'],
  ['embeddings', 'practice-mood.safetensors'],
]

/** Puts the practice models into the engine's `models` folder, where they are missing. */
export async function makePracticeModels(folder: string): Promise<void> {
  for (const [kind, name] of FILES) {
    const path = join(folder, kind, name)
    await mkdir(dirname(path), { recursive: true })
    try {
      await writeFile(path, toSafetensors(`${kind}/${name}`), { flag: 'wx' })
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
    }
  }
}

/** Eight bytes of length, little endian, a header in JSON, and one number. */
function toSafetensors(title: string): Buffer {
  const facts = { __metadata__: { title }, x: { dtype: 'F32', shape: [1, 1], data_offsets: [0, 4] } }
  const header = Buffer.from(JSON.stringify(facts))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, Buffer.alloc(4)])
}
