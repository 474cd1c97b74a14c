import { describe, expect } from 'vitest'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { addPerson, api, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import type { TestApplication } from '../../support/ownApplicationFixture.ts'
import { makePng } from '../../contract/prompts.ts'
import { pictureGraph } from '../../support/publishedWorkflow.ts'

const range = (more: object) => ({ default: 1, min: 1, max: 10_000, ...more })

/** What ComfyUI says of the classes of `pictureGraph`. */
const objectInfo = {
  KSampler: {
    input: {
      required: {
        seed: ['INT', { default: 0, min: 0, max: '§', control_after_generate: true }],
        steps: ['INT', range({})],
        cfg: ['FLOAT', { min: 0, max: 100, step: 0.1 }],
        sampler_name: [['euler', 'ddim'], {}],
        denoise: ['FLOAT', { min: 0, max: 1, step: 0.01 }],
        model: ['MODEL'],
        positive: ['CONDITIONING'],
      },
    },
  },
  CheckpointLoaderSimple: { input: { required: { ckpt_name: [['base.safetensors', 'other.safetensors']] } } },
  CLIPTextEncode: { input: { required: { text: ['STRING', { multiline: true }], clip: ['CLIP'] } } },
  LoadImage: { input: { required: { image: [['anna.png'], { image_upload: true }] } } },
  SaveImage: { input: { required: { images: ['IMAGE'], filename_prefix: ['STRING', {}] } } },
}

const publish = (application: TestApplication, asker: object, more: object = {}) => {
  application.workflows.objectInfo = objectInfo
  const rest = JSON.stringify({ name: 'Cats', ...more }).slice(1, -1)
  return application.ask('POST', `${api}/workflows`, { ...asker, rawBody: `{${rest},"prompt":${pictureGraph}}` })
}

const mia = async (stores: Stores, role: 'user' | 'guest' = 'user') => {
  await addPerson(stores, 'Mia', role)
  return { session: await signIn(stores, 'Mia') }
}

describe('published workflows over the API', () => {
  it('says what of a graph could be changed, and stores nothing', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    application.workflows.objectInfo = objectInfo
    const body = `{"prompt":${pictureGraph.replace('"seed":5', '"seed":18446744073709551615')}}`
    const { status, json } = await application.ask('POST', `${api}/workflows/inspect`, { ...owner, rawBody: body })
    expect(status).toBe(200)
    const seed = json.possibleInputs.find(({ key }: { key: string }) => key === '3.seed')
    expect(seed).toMatchObject({ kind: 'seed', label: 'Seed', default: '18446744073709551615' })
    expect(json.suggested).toEqual(['6.text', '7.image', '3.steps', '3.seed'])
    expect(json.possibleInputs.map(({ key }: { key: string }) => key)).not.toContain('3.model')
    expect((await application.ask('GET', `${api}/workflows?all=true`, owner)).json.items).toEqual([])
  })

  it('is published by who administers, shown to whom it was granted, and to nobody else', async ({
    application,
    stores,
  }) => {
    const owner = await openOwner(stores)
    const { status, json } = await publish(application, owner)
    expect(status).toBe(201)
    expect(json).toMatchObject({
      name: 'Cats',
      version: 1,
      grants: { public: false, roles: ['user'], people: [] },
      nodes: 5,
    })
    const user = await mia(stores)
    await addPerson(stores, 'Vera', 'viewer')
    const vera = { session: await signIn(stores, 'Vera') }
    expect((await application.ask('GET', `${api}/workflows`, user)).json.items).toMatchObject([
      { id: json.id, problem: null },
    ])
    expect((await application.ask('GET', `${api}/workflows/${json.id}`, vera)).status).toBeGreaterThanOrEqual(403)
    expect((await application.ask('GET', `${api}/workflows?all=true`, user)).status).toBe(403)
    expect((await publish(application, user, { name: 'Mine' })).status).toBe(403)
  })

  it('runs the stored graph with the values that were given, and a seed that was drawn', async ({
    application,
    stores,
  }) => {
    const owner = await openOwner(stores)
    const { json } = await publish(application, owner)
    const user = await mia(stores)
    const body = { inputs: { '6.text': 'a dog', '3.steps': 30 } }
    const run = await application.ask('POST', `${api}/workflows/${json.id}/run`, { ...user, body })
    expect(run.status).toBe(201)
    expect(run.json.inputs).toMatchObject({ '6.text': 'a dog', '3.steps': 30, '7.image': 'cat.png' })
    expect(run.json.inputs['3.seed']).toMatch(/^\d{1,20}$/)
    const job = await application.ask('GET', `${api}/jobs/${run.json.jobId}`, user)
    expect(job.json).toMatchObject({ title: 'Cats', workflow: { id: json.id, name: 'Cats', version: 1 } })
    const [made] = application.workflows.runs
    expect(made?.extraData.get('gatehouse_published')).toBe(true)
  })

  it('takes a seed of 64 bits as text or number, and keeps every digit', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    const { json } = await publish(application, owner)
    for (const seed of ['"18446744073709551613"', '18446744073709551613']) {
      const rawBody = `{"inputs":{"3.seed":${seed}}}`
      const run = await application.ask('POST', `${api}/workflows/${json.id}/run`, { ...owner, rawBody })
      expect(run.json.inputs['3.seed']).toBe('18446744073709551613')
    }
  })

  it.for([
    ['3.model', '"x"'],
    ['4.ckpt_name', '"other.safetensors"'],
    ['9.filename_prefix', '"x"'],
    ['3.steps', '"30"'],
    ['3.steps', '30.5'],
    ['3.steps', 'true'],
    ['3.steps', '["4",0]'],
    ['3.steps', '{"__value__":30}'],
    ['3.steps', '10001'],
    ['7.image', '"anna.png [output]"'],
  ] as const)('refuses %s = %s by name, and nothing waits in line', async ([key, value], { application, stores }) => {
    const owner = await openOwner(stores)
    const { json } = await publish(application, owner)
    const user = await mia(stores)
    const rawBody = `{"inputs":{${JSON.stringify(key)}:${value}}}`
    const run = await application.ask('POST', `${api}/workflows/${json.id}/run`, { ...user, rawBody })
    expect(run.status).toBe(422)
    expect(run.json.errors[0].path).toBe(`inputs.${key}`)
    expect(application.workflows.runs).toEqual([])
  })

  it('keeps earlier versions, and never edits them', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    const { json } = await publish(application, owner)
    const other = pictureGraph.replace('"denoise":1', '"denoise":0.5')
    const anew = await application.ask('POST', `${api}/workflows/${json.id}/versions`, {
      ...owner,
      rawBody: `{"prompt":${other}}`,
    })
    expect(anew.json).toMatchObject({ version: 2, versions: [{ version: 2, publishedBy: 'Anna' }, { version: 1 }] })
    const first = await application.workflows.parts.store.findVersion(json.id, 1)
    expect(first?.isCurrent).toBe(false)
    const canvas = await application.ask('GET', `${api}/workflows/${json.id}/canvas`, owner)
    expect(canvas.json).toEqual({ version: 2, prompt: JSON.parse(other), canvas: null })
  })

  it('refuses a name that is taken in another case, and a grant to nobody there', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    await publish(application, owner)
    expect((await publish(application, owner, { name: 'ＣＡＴＳ' })).status).toBe(409)
    const grants = { public: false, roles: ['nobody'], people: [] }
    expect((await publish(application, owner, { name: 'Dogs', grants })).status).toBe(422)
  })

  it('makes its picture small and keeps nothing but the picture', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    const { json } = await publish(application, owner)
    const path = `${api}/workflows/${json.id}/picture`
    const text = { ...owner, rawBody: '<svg/>', headers: { 'content-type': 'image/png' } }
    expect((await application.ask('PUT', path, text)).status).toBe(415)
    const bytes = await makePng()
    const sent = await fetch(`${application.origin}${path}`, {
      method: 'PUT',
      headers: {
        'content-type': 'image/png',
        cookie: `gatehouse_session=${owner.session}`,
        'x-test-listener': 'owner',
        'x-test-address': '127.0.0.1',
      },
      body: new Uint8Array(bytes),
    })
    expect(sent.status).toBe(204)
    const kept = await application.ask('GET', path, owner)
    expect(kept.headers['content-type']).toBe('image/webp')
    expect(kept.bytes.subarray(8, 12).toString()).toBe('WEBP')
    expect((await application.ask('DELETE', path, owner)).status).toBe(204)
    expect((await application.ask('GET', path, owner)).status).toBe(404)
  })

  it('says which model is missing, and which the role may not use', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    const { json } = await publish(application, owner)
    const user = await mia(stores)
    const without = {
      ...objectInfo,
      CheckpointLoaderSimple: { input: { required: { ckpt_name: [['other.safetensors']] } } },
    }
    application.workflows.objectInfo = (id: string) => (id === owner.accountId ? objectInfo : without)
    const seen = await application.ask('GET', `${api}/workflows/${json.id}`, user)
    expect(seen.json.problem).toBe('It needs “base.safetensors”, which your role may not use.')
  })

  it('tells in the words of the form what ComfyUI does not take', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    const { json } = await publish(application, owner)
    const user = await mia(stores)
    application.workflows.refusal = JSON.stringify({
      error: { type: 'prompt_outputs_failed_validation', message: 'Prompt outputs failed validation', details: '' },
      node_errors: {
        '7': {
          errors: [
            {
              type: 'custom_validation_failed',
              message: 'Custom validation failed for node',
              details: 'image - Invalid image file: cat.png',
              extra_info: { input_name: 'image' },
            },
          ],
        },
      },
    })
    const run = await application.ask('POST', `${api}/workflows/${json.id}/run`, { ...user, body: {} })
    expect(run.status).toBe(422)
    expect(run.json.detail).toBe('Choose a picture for “Picture”.')
  })

  it('is gone for everybody with its keys when it is removed', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    const { json } = await publish(application, owner)
    expect((await application.ask('DELETE', `${api}/workflows/${json.id}`, owner)).status).toBe(204)
    expect((await application.ask('GET', `${api}/workflows/${json.id}`, owner)).status).toBe(404)
    const names =
      (await stores.audit.flush(),
      (await stores.database.kysely.selectFrom('audit').select('event').execute()).map(({ event }) => event))
    expect(names).toEqual(expect.arrayContaining(['workflow.published', 'workflow.removed']))
  })

  it('tells a person at their open page when their own list changed, and of nobody else’s', async ({
    application,
    stores,
  }) => {
    const owner = await openOwner(stores)
    const { session } = await mia(stores)
    const stream = await application.openEvents({ session })
    await publish(application, owner, { grants: { public: false, roles: ['creator'], people: [] } })
    await publish(application, owner, { name: 'Dogs' })
    await expect.poll(() => stream.events).toEqual([{ type: 'changed', resource: 'workflows' }])
    stream.close()
  })
})
