import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../proxy/comfyui/losslessJson.ts'
import { preparePublication } from '../../../proxy/workflows/publication.ts'
import { findNodeInputs } from '../../../proxy/workflows/publishedGraph.ts'
import { createStarter } from '../../../proxy/workflows/starterWorkflow.ts'
import { parseGraph } from '../../support/publishedWorkflow.ts'

const GiB = 1024 ** 3

const catalog = (...checkpoints: string[]): JsonObject =>
  parseGraph(
    JSON.stringify({
      KSampler: { input: { required: { scheduler: [['normal', 'simple', 'sgm_uniform']] } } },
      CheckpointLoaderSimple: { input: { required: { ckpt_name: [checkpoints] } } },
      ...{ CLIPTextEncode: {}, EmptyLatentImage: {}, VAEDecode: {}, SaveImage: {} },
    }),
  )

const create = (checkpoints: string[], bytes?: number) => {
  const starter = createStarter(
    catalog(...checkpoints),
    checkpoints.map((name) => ({ name, bytes })),
  )
  if (starter.kind === 'missing') throw new Error(starter.reason)
  const of = (id: string) => Object.fromEntries(findNodeInputs(starter.nodes.get(id)) ?? [])
  return { starter, sampler: of('3'), model: of('4')['ckpt_name'], size: of('5') }
}

const numberOf = (value: unknown): number => Number((value as { text: string }).text)

describe('createStarter', () => {
  it.each([
    [['sd_xl_base_1.0.safetensors'], undefined, 1024, 25, 6],
    [['v1-5-pruned-emaonly.safetensors'], undefined, 512, 25, 7],
    [['juggernaut.safetensors'], 6.6 * GiB, 1024, 25, 6],
    [['dreamshaper_8.safetensors'], 2.1 * GiB, 512, 25, 7],
    [['sd_xl_turbo_1.0.safetensors'], undefined, 1024, 6, 1.5],
    [['flux1-dev-fp8.safetensors'], undefined, 1024, 20, 1],
  ])('fits %s', (names, bytes, side, steps, cfg) => {
    const { size, sampler } = create(names, bytes)
    expect([numberOf(size['width']), numberOf(sampler['steps']), numberOf(sampler['cfg'])]).toEqual([side, steps, cfg])
  })

  it('takes SDXL before the smaller ones, and none that makes no picture of words', () => {
    const names = ['svd_xt.safetensors', 'v1-5.ckpt', 'sd_xl_refiner_1.0.safetensors', 'sdxl_lightning.safetensors']
    expect(create(names).model).toBe('sdxl_lightning.safetensors')
  })

  it('says what is missing when there is no checkpoint', () => {
    const starter = createStarter(catalog('svd_xt.safetensors'), [])
    expect(starter).toEqual({ kind: 'missing', reason: expect.stringContaining('models/checkpoints') })
  })

  it('can be published as it is, with everything that it marks', () => {
    const { starter } = create(['sd_xl_base_1.0.safetensors'])
    const { inputs } = preparePublication({ nodes: starter.nodes, canvas: null }, undefined, starter.inputs)
    expect(inputs.map(({ key }) => key)).toEqual(['6.text', '7.text', '5.width', '5.height', '3.steps', '3.seed'])
  })

  it('has a workflow for the practice engine, too', () => {
    const starter = createStarter(parseGraph('{"PracticeSampler":{}}'), [])
    expect(starter.kind === 'ready' && [...starter.nodes.keys()]).toEqual(['1', '2'])
  })
})
