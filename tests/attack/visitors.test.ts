import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { addPerson, api, openOwner, signIn } from '../support/apiPeople.ts'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { addEndedJob, makePicture, saveOutput } from '../support/outputsFixture.ts'
import { applicationTest } from '../support/ownApplicationFixture.ts'
import type { TestApplication } from '../support/ownApplicationFixture.ts'
import { pictureGraph } from '../support/publishedWorkflow.ts'

let fixture: GateFixture
beforeAll(async () => {
  fixture = await openGateFixture()
})
afterAll(() => fixture.close())

const id = 'aaaaaaaaaaaaaaaa'
const comfyui: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/object_info'],
  ['GET', '/object_info/KSampler'],
  ['GET', '/models'],
  ['GET', '/models/checkpoints'],
  ['GET', '/embeddings'],
  ['GET', '/settings'],
  ['POST', '/settings'],
  ['GET', '/userdata?dir=workflows'],
  ['POST', '/userdata/a.json'],
  ['POST', '/free'],
  ['GET', '/manager/reboot'],
  ['GET', '/of/a/pack'],
]
const jobsAndFiles: typeof comfyui = [
  ['GET', '/queue'],
  ['POST', '/queue'],
  ['GET', '/history'],
  ['GET', '/prompt'],
  ['POST', '/prompt'],
  ['POST', '/interrupt'],
  ['GET', '/view?filename=x.png'],
  ['POST', '/upload/image'],
]
const own: typeof comfyui = [
  ['GET', `${api}/outputs`],
  ['GET', `${api}/outputs/${id}`],
  ['GET', `${api}/outputs/${id}/file`],
  ['GET', `${api}/outputs/${id}/thumbnail`],
  ['DELETE', `${api}/outputs/${id}`],
  ['GET', `${api}/jobs`],
  ['GET', `${api}/jobs/00000000-0000-4000-8000-000000000000`],
]
const ofOthers: typeof comfyui = [
  ['GET', `${api}/outputs/${id}/shares`],
  ['PUT', `${api}/outputs/${id}/shares`],
  ['GET', `${api}/users`],
  ['POST', `${api}/users`],
  ['GET', `${api}/roles`],
  ['PATCH', `${api}/settings`],
  ['GET', `${api}/connections`],
]
const shared: typeof comfyui = [
  ['GET', `${api}/shared`],
  ['GET', `${api}/shared/${id}/file`],
  ['GET', `${api}/shared/${id}/thumbnail`],
]
const account: typeof comfyui = [
  ['GET', `${api}/account`],
  ['PUT', `${api}/account/password`],
  ['GET', `${api}/keys`],
  ['POST', `${api}/keys`],
  ['GET', `${api}/sessions`],
]

/** As it is, below `/api`, with an encoded letter, and asked for by HEAD. */
function* disguises([method, path]: readonly [string, string]): Generator<readonly [string, string]> {
  const isOurs = path.startsWith('/gatehouse')
  const encoded = path.replace(/[a-z](?=[a-z_]*(?:[/?]|$))/, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
  yield [method, path]
  yield [method, encoded]
  if (!isOurs) yield [method, `/api${path}`]
  if (method === 'GET') yield ['HEAD', path]
}

describe.each([
  ['Viewer', tokens.viewer, [...comfyui, ...jobsAndFiles, ...own, ...ofOthers]],
  ['Guest', tokens.guest, [...comfyui, ...ofOthers, ...shared, ...account]],
] as const)('a %s', (_role, token, refused) => {
  it.each(refused)('does not get through to %s %s, however it is written', async (method, path) => {
    for (const [how, where] of disguises([method, path])) {
      const before = [fixture.upstream.started.length, fixture.ownSeen.length]
      const headers = { ...bearer(token), 'content-type': 'application/json' }
      const answer = await ask(fixture.port, where, {
        method: how,
        headers,
        ...(/^P/.test(how) ? { body: '{}' } : {}),
      })
      expect([how, where, answer.status]).toEqual([how, where, 403])
      expect([fixture.upstream.started.length, fixture.ownSeen.length]).toEqual(before)
    }
  })
})

describe('a Viewer', () => {
  it.each(shared)('reaches %s %s, and not without signing in or below /api', async (method, path) => {
    const before = fixture.ownSeen.length
    expect((await ask(fixture.port, path, { method, headers: bearer(tokens.viewer) })).status).not.toBe(403)
    expect(fixture.ownSeen.length).toBe(before + 1)
    expect((await ask(fixture.port, path, { method })).status).toBe(401)
    expect((await ask(fixture.port, `/api${path}`, { method, headers: bearer(tokens.viewer) })).status).toBe(404)
    expect(fixture.ownSeen.length).toBe(before + 1)
  })
})

describe('a guest who let themselves in', () => {
  const enter = async (stores: Stores, application: TestApplication) => {
    await stores.settings.set('guests.allowed', true)
    const answer = await application.ask('POST', `${api}/session/guest`, { body: {} })
    const session = /=([\w-]{43})/.exec(answer.headers['set-cookie']?.[0] ?? '')?.[1] ?? ''
    return { session, accountId: String(answer.json.user.id) }
  }

  applicationTest('finds nothing of others, and no others', async ({ stores, application }) => {
    const { session } = await enter(stores, application)
    const mia = await addPerson(stores, 'Mia')
    await saveOutput(application.files, mia.id, 'x.png', await makePicture())
    const jobId = await addEndedJob(stores, mia.id, [{ filename: 'x.png' }])
    await application.files.outputs.recordNow()
    const [row] = await application.files.outputs.store.list({ accountId: mia.id, removed: false }, undefined, 1)
    for (const [method, path] of [
      ['GET', `/outputs/${row?.id ?? ''}`],
      ['GET', `/outputs/${row?.id ?? ''}/file`],
      ['HEAD', `/outputs/${row?.id ?? ''}/file`],
      ['GET', `/outputs/${row?.id ?? ''}/thumbnail`],
      ['DELETE', `/outputs/${row?.id ?? ''}`],
      ['GET', `/jobs/${jobId}`],
    ] as const) {
      const answer = await application.ask(method, api + path, { session })
      expect([method, path, answer.status]).toEqual([method, path, 404])
    }
    expect((await application.ask('GET', `${api}/outputs`, { session })).json.items).toEqual([])
    expect((await application.ask('GET', `${api}/outputs?user=${mia.id}`, { session })).status).toBe(403)
    expect((await application.ask('GET', `${api}/jobs?state=ended`, { session })).json.items).toEqual([])
    expect((await application.ask('GET', `${api}/users`, { session })).status).toBe(403)
    expect(await application.files.outputs.store.find(row?.id ?? '')).toMatchObject({ removed_at_ms: null })
  })

  applicationTest('runs what is public or granted to guests, and nothing else', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    application.workflows.objectInfo = {
      KSampler: { input: { required: { steps: ['INT', { default: 1, min: 1, max: 100 }] } } },
      CheckpointLoaderSimple: { input: { required: { ckpt_name: [['base.safetensors']] } } },
      CLIPTextEncode: { input: { required: { text: ['STRING', {}] } } },
      LoadImage: { input: { required: { image: [['cat.png'], { image_upload: true }] } } },
      SaveImage: { input: { required: { filename_prefix: ['STRING', {}] } } },
    }
    const publish = async (name: string, grants: object): Promise<string> => {
      const rest = JSON.stringify({ name, grants }).slice(1, -1)
      const rawBody = `{${rest},"prompt":${pictureGraph}}`
      const answer = await application.ask('POST', `${api}/workflows`, { ...owner, rawBody })
      expect([answer.status, answer.text]).toEqual([201, answer.text])
      return String(answer.json.id)
    }
    const open = await publish('Open', { public: true, roles: [], people: [] })
    const forGuests = await publish('For guests', { public: false, roles: ['guest'], people: [] })
    const others = [
      await publish('For users', { public: false, roles: ['user', 'creator'], people: [] }),
      await publish('For nobody', { public: false, roles: [], people: [] }),
    ]
    const { session } = await enter(stores, application)
    const run = (workflow: string) =>
      application.ask('POST', `${api}/workflows/${workflow}/run`, { session, body: { inputs: {} } })
    const list = await application.ask('GET', `${api}/workflows`, { session })
    expect(new Set(list.json.items.map((one: { id: string }) => one.id))).toEqual(new Set([open, forGuests]))
    for (const workflow of others) {
      expect((await application.ask('GET', `${api}/workflows/${workflow}`, { session })).status).toBe(404)
      expect((await run(workflow)).status).toBe(404)
    }
    expect(application.workflows.runs).toEqual([])
    expect([(await run(open)).status, (await run(forGuests)).status]).toEqual([201, 201])
    expect(application.workflows.runs).toHaveLength(2)
  })

  applicationTest('stays one: no password, no name and no key of their own', async ({ stores, application }) => {
    const { session, accountId } = await enter(stores, application)
    for (const [method, path, body] of [
      ['PUT', '/account/password', { currentPassword: '', newPassword: 'violet kayak orbit lamp' }],
      ['POST', '/keys', { name: 'stay' }],
      ['PATCH', `/users/${accountId}`, { name: 'Anna', role: 'administrator' }],
      ['PATCH', '/settings', { 'guests.hours': null }],
    ] as const) {
      const answer = await application.ask(method, api + path, { session, body })
      expect([method, path, answer.status]).toEqual([method, path, 403])
    }
    expect(await stores.accounts.find(accountId)).toMatchObject({ name: 'Guest 1', role: 'guest', hasPassword: false })
    const forThem = { ...(await openOwner(stores)), body: { name: 'stay', userId: accountId } }
    expect((await application.ask('POST', `${api}/keys`, forThem)).status).toBe(422)
    expect(await stores.keys.list(accountId)).toEqual([])
    await expect(signIn(stores, 'Guest 1')).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
  })
})
