import { describe, expect, it } from 'vitest'
import { formatLosslessJson } from '../../../proxy/comfyui/losslessJson.ts'
import type { JsonValue } from '../../../proxy/comfyui/losslessJson.ts'
import { matchWorkflow } from '../../../proxy/workflows/matchWorkflow.ts'
import { parseGraph, picture, pictureGraph, pictureInputs, publishedVersion } from '../../support/publishedWorkflow.ts'

const match = (graph: string, candidates = [picture]) => matchWorkflow(parseGraph(graph), candidates)

/** The published graph with one place of its text replaced. */
const edit = (from: string, to: string): string => {
  if (!pictureGraph.includes(from)) throw new TypeError(`${from} is not there`)
  return pictureGraph.replace(from, to)
}

const run = (graph: string): string => {
  const result = match(graph)
  if (result.kind !== 'matched') throw new Error(result.kind)
  return formatLosslessJson(result.nodes)
}

const refusal = (graph: string): string => {
  const result = match(graph)
  if (result.kind !== 'changed') throw new Error(`was ${result.kind}`)
  return result.differences.map(({ words }) => words).join(' ')
}

describe('matchWorkflow', () => {
  it('runs the stored graph when nothing was changed', () => {
    expect(run(pictureGraph)).toBe(formatLosslessJson(picture.nodes))
  })

  it.each([
    ['"seed":5', '"seed":18446744073709551615'],
    ['"steps":20', '"steps":50'],
    ['"cfg":7.5', '"cfg":7.6'],
    ['"cfg":7.5', '"cfg":8'],
    ['"sampler_name":"euler"', '"sampler_name":"ddim"'],
    ['"text":"a cat"', '"text":"a dog"'],
    ['"image":"cat.png"', '"image":"dog (1).png"'],
  ])('reads %s → %s into the stored graph', (from, to) => {
    expect(run(edit(from, to))).toBe(pictureGraph.replace(from, to))
  })

  it('runs the stored graph whatever the order of nodes and inputs, and whatever its nodes are called', () => {
    const { '3': sampler, ...rest } = JSON.parse(pictureGraph) as Record<string, Record<string, object>>
    const turned = {
      ...rest,
      '3': {
        inputs: Object.fromEntries(Object.entries(sampler?.['inputs'] ?? {}).reverse()),
        class_type: 'KSampler',
        _meta: { title: 'Mine' },
      },
    }
    expect(run(JSON.stringify(turned))).toBe(formatLosslessJson(picture.nodes))
  })

  it('takes the same number written in another way, and runs it as it was stored', () => {
    expect(run(edit('"denoise":1', '"denoise":1.00e0'))).toBe(formatLosslessJson(picture.nodes))
  })

  it.each([
    ['a text for a number', '"steps":20', '"steps":"20"'],
    ['a fraction', '"steps":20', '"steps":32.9'],
    ['a whole number written as a fraction', '"steps":20', '"steps":21.0'],
    ['a whole number with an exponent', '"steps":20', '"steps":3e1'],
    ['true', '"steps":20', '"steps":true'],
    ['nothing', '"steps":20', '"steps":null'],
    ['a link', '"steps":20', '"steps":["4",0]'],
    ['a list', '"steps":20', '"steps":[20]'],
    ['a wrapped value', '"steps":20', '"steps":{"__value__":20}'],
    ['more than there may be', '"steps":20', '"steps":51'],
    ['less than there may be', '"steps":20', '"steps":0'],
    ['a negative seed', '"seed":5', '"seed":-1'],
    ['a seed of 65 bits', '"seed":5', '"seed":18446744073709551616'],
    ['a number between two steps', '"cfg":7.5', '"cfg":7.55'],
    ['the nearest double above the end', '"cfg":7.5', '"cfg":30.0000000000000000001'],
    ['a number as text', '"cfg":7.5', '"cfg":"7.5"'],
    ['another choice', '"sampler_name":"euler"', '"sampler_name":"lcm"'],
    ['a choice with a blank', '"sampler_name":"euler"', '"sampler_name":"ddim "'],
    ['a list of choices', '"sampler_name":"euler"', '"sampler_name":["ddim","euler"]'],
    ['a text that is too long', '"text":"a cat"', `"text":"${'x'.repeat(21)}"`],
    ['a number for a text', '"text":"a cat"', '"text":7'],
    ['a picture of the outputs', '"image":"cat.png"', '"image":"dog.png [output]"'],
    ['a picture in a folder', '"image":"cat.png"', '"image":"clipspace/dog.png"'],
    ['a picture outside', '"image":"cat.png"', '"image":"../dog.png"'],
    ['a picture elsewhere on Windows', '"image":"cat.png"', '"image":"C:dog.png"'],
    ['a picture by its hash', '"image":"cat.png"', '"image":"blake3:00"'],
    ['another model', '"ckpt_name":"base.safetensors"', '"ckpt_name":"other.safetensors"'],
    ['a model that comes from another node', '"ckpt_name":"base.safetensors"', '"ckpt_name":["6",0]'],
    ['another link', '"positive":["6",0]', '"positive":["7",0]'],
    ['another slot of a link', '"clip":["4",1]', '"clip":["4",0]'],
    ['a slot from behind', '"clip":["4",1]', '"clip":["4",-1]'],
    ['a value in place of a link', '"clip":["4",1]', '"clip":1'],
    ['a number that is fixed', '"denoise":1', '"denoise":0.5'],
    ['a name of files that is fixed', '"filename_prefix":"cat"', '"filename_prefix":"dog"'],
    ['another class', '"class_type":"SaveImage"', '"class_type":"PreviewImage"'],
    ['one more input', '"denoise":1', '"denoise":1,"add_noise":"enable"'],
    ['one input less', '"denoise":1,', ''],
  ])('refuses %s and names it', (_, from, to) => {
    const words = refusal(edit(from, to))
    const name = /^"([a-z_]+)"/.exec(from)?.[1] ?? ''
    const isNamed = words.includes(name) || words.includes('add_noise') || words.includes('#9')
    expect(isNamed, words).toBe(true)
  })

  it('names a node that was added, and one that was taken away', () => {
    const more = pictureGraph.replace(/}$/, ',"12":{"class_type":"PreviewImage","inputs":{"images":["3",0]}}}')
    expect(refusal(more)).toBe('“PreviewImage” (#12) is not part of this workflow.')
    const fewer = JSON.parse(pictureGraph) as Record<string, unknown>
    delete fewer['7']
    expect(refusal(JSON.stringify(fewer))).toBe('“LoadImage” (#7) is missing.')
  })

  it('does not know a graph whose ids only look like the published ones', () => {
    expect(match('{"３":{"class_type":"KSampler","inputs":{}}}').kind).toBe('unknown')
  })

  it('never changes what comes from another node, even when that input is marked', () => {
    const marked = publishedVersion(pictureGraph, [
      ...pictureInputs,
      { key: '3.model', label: 'Model', hint: '', kind: 'text', multiline: false, maxLength: 9, default: '' },
    ])
    const sent = parseGraph(edit('"model":["4",0]', '"model":"x"'))
    expect(matchWorkflow(sent, [marked]).kind).toBe('changed')
  })

  it('tells whoever sends an earlier version that there is a newer one', () => {
    const old = publishedVersion(edit('"denoise":1', '"denoise":0.5'), pictureInputs, { isCurrent: false })
    const result = match(edit('"denoise":1', '"denoise":0.5'), [old, { ...picture, version: 2 }])
    expect(result.kind).toBe('outdated')
  })

  it('runs the current version when it and an earlier one fit', () => {
    const old = { ...picture, version: 1, isCurrent: false }
    const result = match(pictureGraph, [old, { ...picture, version: 2 }])
    expect(result.kind === 'matched' && result.version.version).toBe(2)
  })

  it('names what differs from the nearest of several workflows with the same ids', () => {
    const other = publishedVersion(
      '{"3":{"class_type":"A","inputs":{}},"4":{"class_type":"B","inputs":{}},"6":{"class_type":"C","inputs":{}},"7":{"class_type":"D","inputs":{}},"9":{"class_type":"E","inputs":{}}}',
      [],
      { name: 'Other' },
    )
    const result = match(edit('"denoise":1', '"denoise":0'), [other, picture])
    expect(result.kind === 'changed' && result.version.name).toBe('Picture from words')
  })

  it('looks at few of 190,000 inputs that were added (a sent graph that is compared with many versions)', () => {
    let read = 0
    class CountedMap extends Map<string, JsonValue> {
      override *[Symbol.iterator]() {
        for (const entry of super[Symbol.iterator]()) {
          read += 1
          yield entry
        }
        return undefined
      }
      override *keys() {
        for (const [key] of this) yield key
        return undefined
      }
    }
    const sent = parseGraph(pictureGraph)
    const sampler = sent.get('3')
    if (!(sampler instanceof Map)) throw new TypeError('no sampler')
    const added = Array.from({ length: 190_000 }, (_, at): [string, JsonValue] => [`_${at}`, true])
    sampler.set('inputs', new CountedMap(added))
    const versions = Array.from({ length: 100 }, (_, at) => ({ ...picture, version: at, isCurrent: at === 99 }))

    const result = matchWorkflow(sent, versions)

    expect(result).toMatchObject({ kind: 'changed', version: { version: 99 } })
    expect(result.kind === 'changed' && result.differences).toHaveLength(20)
    expect(read).toBeLessThan(100 * 40)
  })

  it('names few of 2000 nodes that were added, and shortens what is long', () => {
    const nodes = [...parseGraph(pictureGraph)]
    const added = Array.from({ length: 4 }, (_, at) => [`x${at}`, nodes[4]?.[1] ?? null] as const)
    const many = publishedVersion(
      JSON.stringify(Object.fromEntries(Array.from({ length: 50 }, (_, at) => [at, {}]))),
      [],
    )
    const result = matchWorkflow(new Map([...many.nodes].slice(25)), [many])
    expect(result.kind === 'changed' && result.differences).toHaveLength(20)
    expect(matchWorkflow(new Map([...nodes, ...added]), [picture])).toMatchObject({ differences: { length: 4 } })
    const long = refusal(edit('"denoise":1', `"denoise":1,"${'x'.repeat(1_000_000)}":1`))
    expect(long.length).toBeLessThan(200)
  })
})
