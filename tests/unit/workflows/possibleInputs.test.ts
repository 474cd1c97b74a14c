import { describe, expect, it } from 'vitest'
import { findPossibleInputs } from '../../../proxy/workflows/possibleInputs.ts'
import { preparePublication } from '../../../proxy/workflows/publication.ts'
import { input, parseGraph, pictureGraph } from '../../support/publishedWorkflow.ts'

const one = (definition: string, value: string, name = 'x') => {
  const graph = parseGraph(`{"1":{"class_type":"A","inputs":{${JSON.stringify(name)}:${value}}}}`)
  const info = parseGraph(`{"A":{"input":{"required":{${JSON.stringify(name)}:${definition}}}}}`)
  return findPossibleInputs(graph, info).inputs[0]
}

describe('findPossibleInputs', () => {
  it.each([
    ['["INT",{"min":1,"max":50}]', '20', { kind: 'integer', min: 1, max: 50, step: 1, default: 20 }],
    [
      '["INT",{"min":-9223372036854775808,"max":18446744073709551615}]',
      '7',
      { kind: 'integer', min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
    ],
    [
      '["INT",{"min":0,"max":18446744073709551615,"control_after_generate":true}]',
      '18446744073709551614',
      { kind: 'seed', max: '18446744073709551615', default: '18446744073709551614' },
    ],
    ['["FLOAT",{"min":0,"max":1,"step":0.05}]', '0.5', { kind: 'number', min: 0, max: 1, step: 0.05, default: 0.5 }],
    ['["FLOAT",{"step":0}]', '1', { kind: 'number', step: 0.01 }],
    ['["BOOLEAN",{}]', 'true', { kind: 'boolean', default: true }],
    ['["STRING",{"multiline":true}]', '"a"', { kind: 'text', multiline: true, default: 'a' }],
    ['[["a","b"],{}]', '"a"', { kind: 'choice', choices: ['a', 'b'] }],
    ['["COMBO",{"options":["a","b"]}]', '"b"', { kind: 'choice', choices: ['a', 'b'] }],
    ['["COMBO",{"options":["a"],"image_upload":true}]', '"a"', { kind: 'image', default: 'a' }],
  ])('reads %s', (definition, value, expected) => {
    expect(one(definition, value)).toMatchObject(expected)
  })

  it.each([
    ['what comes from another node', '["INT",{}]', '["2",0]'],
    ['a type that nobody types in', '["MODEL"]', '"x"'],
    ['a value of another type', '["INT",{}]', '"7"'],
    ['choices that are numbers', '[[1,2]]', '"1"'],
    ['a list of the owner’s own files', '[["film.mp4"],{"video_upload":true}]', '"film.mp4"'],
    ['a list of the owner’s outputs', '[["a.png"],{"image_upload":true,"image_folder":"output"}]', '"a.png"'],
  ])('does not offer %s', (_, definition, value) => {
    expect(one(definition, value)).toBeUndefined()
  })

  it('calls two texts by what the sampler takes them for, through whatever lies between', () => {
    const graph = parseGraph(
      '{"1":{"class_type":"K","inputs":{"positive":["4",0],"negative":["3",0]}},"2":{"class_type":"T","inputs":{"text":"a"}},' +
        '"3":{"class_type":"T","inputs":{"text":"b"}},"4":{"class_type":"C","inputs":{"conditioning":["2",0]}}}',
    )
    const { inputs, suggested } = findPossibleInputs(graph, undefined)
    expect(inputs.map(({ label }) => label)).toEqual(['What the picture shows', 'What to leave out'])
    expect(suggested).toEqual(['2.text', '3.text'])
  })

  it('names no two inputs alike', () => {
    const graph = parseGraph('{"1":{"class_type":"K","inputs":{"seed":1}},"2":{"class_type":"K","inputs":{"seed":2}}}')
    const labels = findPossibleInputs(graph, undefined).inputs.map(({ label }) => label)
    expect(labels).toEqual(['Seed (K)', 'Seed (K) 2'])
  })

  it('guesses nothing of names of models and files without ComfyUI', () => {
    const keys = findPossibleInputs(parseGraph(pictureGraph), undefined).inputs.map(({ key }) => key)
    expect(keys).toEqual(['3.seed', '3.steps', '3.cfg', '3.denoise', '6.text', '7.image'])
  })
})

describe('preparePublication', () => {
  const nodes = parseGraph(pictureGraph)
  const info = parseGraph('{"CheckpointLoaderSimple":{"input":{"required":{"ckpt_name":[["base.safetensors","b"]]}}}}')
  const prepare = (fields: Record<string, unknown>) =>
    preparePublication({ nodes, canvas: null }, info, [input({ label: 'X', ...fields })])

  it.each([
    ['an input that is not there', { key: '3.nothing', kind: 'boolean', default: true }],
    ['what comes from another node', { key: '3.model', kind: 'text', multiline: false, maxLength: 9, default: '' }],
    ['a number as a text', { key: '3.steps', kind: 'text', multiline: false, maxLength: 9, default: '' }],
    ['a list of models as any text', { key: '4.ckpt_name', kind: 'text', multiline: false, maxLength: 9, default: '' }],
    ['a model that ComfyUI does not offer', { key: '4.ckpt_name', kind: 'choice', choices: ['c'], default: 'c' }],
    ['a smallest value above the largest', { key: '3.steps', kind: 'integer', min: 9, max: 1, step: 1, default: 1 }],
  ])('refuses to mark %s', (_, fields) => {
    expect(() => prepare(fields)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }))
  })

  it('keeps every digit of what is published', () => {
    const seed = parseGraph(pictureGraph.replace('"seed":5', '"seed":18446744073709551615'))
    expect(preparePublication({ nodes: seed, canvas: null }, undefined, []).prompt).toContain('18446744073709551615')
  })
})
