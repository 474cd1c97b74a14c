import { describe, expect } from 'vitest'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { rolePermissions } from '../../../proxy/contract/roles.ts'
import { probeResultSchema, rolePreviewSchema } from '../../../proxy/contract/reach.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

const preview = `${api}/roles/preview`
const probe = `${api}/roles/creator/probe`
const CLASS = 'evening-class'

const addOwnRole = ({ database }: Stores) =>
  database.kysely
    .insertInto('roles')
    .values({
      id: CLASS,
      title: 'Evening class',
      meaning: '',
      base: 'creator',
      permissions: JSON.stringify(rolePermissions.creator),
      models: '{}',
      nodes: '{"rule":"harmless","allowed":[],"denied":[]}',
      changed_at_ms: 0,
    })
    .execute()

describe('what a role reaches, over the API', () => {
  it('is told with what a draft gains and loses, and nothing is saved', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    application.reach.world = {
      routes: [{ method: 'POST', path: '/free', pack: 'comfyui', isNew: false }],
      nodes: [],
      models: [{ folder: 'checkpoints', names: ['a', 'b'] }],
      workflows: [],
    }
    await addOwnRole(stores)
    const draft = { permissions: ['canvas', 'graphs', 'jobs', 'outputs'], models: { checkpoints: ['a'] } }
    const answer = await application.ask('POST', preview, { ...owner, body: { role: CLASS, draft } })

    expect(answer.status).toBe(200)
    const { reach, gains, losses } = rolePreviewSchema.parse(answer.json)
    expect([...reach.permissions].sort()).toEqual([...draft.permissions].sort())
    expect(gains).toMatchObject({ permissions: [], models: [], routes: [] })
    expect(losses.permissions).toContain('memory')
    expect(losses.models).toEqual([{ folder: 'checkpoints', names: ['b'] }])
    expect(losses.routes).toEqual([{ method: 'POST', path: '/free', pack: 'comfyui' }])
    expect((await stores.roles.get(CLASS)).models).toEqual({})
  })

  it('refuses a draft that could not be saved', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    const ask = async (role: string, draft: unknown) =>
      (await application.ask('POST', preview, { ...owner, body: { role, draft } })).status
    expect(await ask('creator', { permissions: ['canvas'] })).toBe(422)
    expect(await ask('administrator', { models: {} })).toBe(422)
    expect(await ask('nobody-has-this', {})).toBe(404)
  })

  it('gives nothing reserved to somebody made up from a draft', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    await addOwnRole(stores)
    const draft = { permissions: ['canvas', 'administer', 'manager', 'packs'] }
    const answer = await application.ask('POST', `${api}/roles/${CLASS}/probe`, { ...owner, body: { draft } })
    expect(answer.status).toBe(200)
    expect([...(application.reach.tried[0]?.permissions ?? [])]).toEqual(['canvas'])
  })
})

describe('trying a role out', () => {
  it('is one entry in the log, with what came of it', async ({ application, stores }) => {
    const owner = await openOwner(stores)
    const answer = await application.ask('POST', probe, { ...owner, body: {} })
    expect(answer.status).toBe(200)
    expect(probeResultSchema.parse(answer.json).mismatches).toEqual([])
    await stores.audit.flush()
    const rows = await stores.database.kysely
      .selectFrom('audit')
      .select('details')
      .where('event', '=', 'role.probed')
      .execute()
    expect(rows.map(({ details }) => JSON.parse(details))).toEqual([
      { role: 'creator', draft: false, refused: 1, let: 1, wrong: 0, tookMs: 1 },
    ])
  })

  it.for(['administrator', 'creator', 'user', 'viewer', 'guest'] as const)(
    'and previewing it are refused to the session of somebody who is %s',
    async (role, { application, stores }) => {
      await openOwner(stores)
      await addPerson(stores, 'Mia', role)
      const session = await signIn(stores, 'Mia')
      for (const path of [probe, preview]) {
        const answer = await application.ask('POST', path, { session, body: { role: 'creator' } })
        expect(answer.status).toBe(403)
      }
      expect(application.reach.tried).toEqual([])
    },
  )

  it('are refused to a key that does not administer, and open to one that does', async ({ application, stores }) => {
    await openOwner(stores)
    const ada = await addPerson(stores, 'Ada', 'administrator')
    const weak = await makeKey(stores, ada, ['run', 'read', 'keys'])
    const strong = await makeKey(stores, ada, ['administer'])
    expect((await application.ask('POST', probe, { key: weak, body: {} })).status).toBe(403)
    expect(application.reach.tried).toEqual([])
    expect((await application.ask('POST', probe, { key: strong, body: {} })).status).toBe(200)
  })
})
