import { describeBytes } from '../../../proxy/contract/byteWords.ts'
import type { Output, OutputKind } from '../../../proxy/contract/outputs.ts'
import { count } from '../../words/names.ts'
import { toTimeOfDay } from '../../words/time.ts'

const kindWords: Readonly<Record<OutputKind, string>> = {
  image: 'Picture',
  video: 'Video',
  audio: 'Sound',
  model: 'Model',
  other: 'File',
}

export const kindWord = (kind: OutputKind): string => kindWords[kind]

const pluralWords: Readonly<Record<OutputKind, string>> = {
  image: 'pictures',
  video: 'videos',
  audio: 'sounds',
  model: 'models',
  other: 'files',
}

/** "3 pictures", "1 video", and "4 files" for several kinds. */
export function countOutputs(outputs: readonly Output[]): string {
  const kind = outputs[0]?.kind ?? 'image'
  if (outputs.some((output) => output.kind !== kind)) return count(outputs.length, 'file')
  return count(outputs.length, kindWords[kind].toLowerCase(), pluralWords[kind])
}

/** "Delete 12 files for good" */
export const deletionWords = (amount: number): string => `Delete ${count(amount, 'file')} for good`

/** What a picture is called aloud: "Picture flowers_00001_.png, 09:04, kept". */
export function describeOutput(output: Output, options: { readonly withPerson: boolean }): string {
  const parts = [`${kindWords[output.kind]} ${output.name}`, toTimeOfDay(Date.parse(output.madeAt))]
  if (options.withPerson) parts.push(`by ${output.user.name}`)
  if (output.keep) parts.push('kept')
  if (output.shared) parts.push('shared')
  return parts.join(', ')
}

/** "1024 × 768, 1.4 MB" */
export function describeSize({ width, height, bytes }: Output): string {
  return width === null || height === null ? describeBytes(bytes) : `${width} × ${height}, ${describeBytes(bytes)}`
}
