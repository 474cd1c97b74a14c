import { describe, expect, vi } from 'vitest'
import { savedDraftSchema, workflowDraftSchema } from '../../../proxy/contract/workflowDrafts.ts'
import { addPerson, api, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

const prompt = { '3': { class_type: 'PracticeSampler', inputs: { text: 'a lake', seed: 1 } } }
const canvas = { nodes: [], links: [], version: 0.4 }
const body = { name: 'A lake', prompt, canvas }

describe('drafts of workflows', () => {
  it('go from an administrator’s ComfyUI page to the owner’s window, which hears of them', async ({
    stores,
    application,
  }) => {
    await addPerson(stores, 'Ada', 'administrator')
    const owner = await openOwner(stores)
    const stream = await application.openEvents(owner)

    const saved = await application.ask('POST', `${api}/workflows/drafts`, {
      session: await signIn(stores, 'Ada'),
      body,
    })
    await vi.waitFor(() => expect(stream.events).toContainEqual({ type: 'changed', resource: 'drafts' }))
    const list = await application.ask('GET', `${api}/workflows/drafts`, owner)
    const draft = await application.ask('GET', `${api}/workflows/drafts/${saved.json.id}`, owner)

    expect(saved.status).toBe(201)
    expect(list.json.items).toEqual([savedDraftSchema.strict().parse(saved.json)])
    expect(list.json.items[0]).toMatchObject({ name: 'A lake', by: { name: 'Ada' }, fromApp: false, nodes: 1 })
    expect(workflowDraftSchema.parse(draft.json)).toMatchObject({ prompt, canvas })
    stream.close()
  })

  it('of the app’s own window of ComfyUI are marked as such', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    const { token } = await stores.ownerSessions.openCanvasSession()

    const saved = await application.ask('POST', `${api}/workflows/drafts`, {
      session: token,
      address: '127.0.0.1',
      body,
    })

    expect(saved.json).toMatchObject({ fromApp: true, by: { id: owner.accountId } })
  })

  it('are one for each account, and can be put away', async ({ stores, application }) => {
    await addPerson(stores, 'Ada', 'administrator')
    const session = await signIn(stores, 'Ada')
    const owner = await openOwner(stores)
    const save = (name: string) =>
      application.ask('POST', `${api}/workflows/drafts`, { session, body: { ...body, name } })

    const first = await save('first')
    const second = await save('second')
    const names = (await application.ask('GET', `${api}/workflows/drafts`, owner)).json.items.map(
      (draft: { name: string }) => draft.name,
    )
    const gone = await application.ask('GET', `${api}/workflows/drafts/${first.json.id}`, owner)
    await application.ask('DELETE', `${api}/workflows/drafts/${second.json.id}`, owner)

    expect(names).toEqual(['second'])
    expect(gone.status).toBe(404)
    expect((await application.ask('GET', `${api}/workflows/drafts`, owner)).json.items).toEqual([])
  })

  it('may be as large as workflows are, and not larger', async ({ stores, application }) => {
    await addPerson(stores, 'Ada', 'administrator')
    await addPerson(stores, 'Mia', 'creator')
    const save = async (name: string, bytes: number) =>
      application.ask('POST', `${api}/workflows/drafts`, {
        session: await signIn(stores, name),
        body: { ...body, canvas: { text: 'x'.repeat(bytes) } },
      })

    expect((await save('Ada', 3 * 1024 * 1024)).status).toBe(201)
    expect(await save('Ada', 4 * 1024 * 1024)).toMatchObject({ status: 413 })
    // Nobody else fills memory with what is refused afterwards.
    expect(await save('Mia', 300 * 1024)).toMatchObject({ status: 413 })
  })

  it.for([['creator'], ['user'], ['viewer'], ['guest']] as const)(
    'of somebody with the role %s are refused (a script of a custom node in anybody’s page)',
    async ([role], { stores, application }) => {
      await addPerson(stores, 'Mia', role)

      const saved = await application.ask('POST', `${api}/workflows/drafts`, {
        session: await signIn(stores, 'Mia'),
        body,
      })

      expect(saved).toMatchObject({ status: 403, json: { code: 'PERMISSION_DENIED' } })
      expect((await application.ask('GET', `${api}/workflows/drafts`, await openOwner(stores))).json.items).toEqual([])
    },
  )

  it('are read and put away by nobody but who administers (a script of a custom node in an administrator’s page)', async ({
    stores,
    application,
  }) => {
    const ada = await addPerson(stores, 'Ada', 'administrator')
    const session = await signIn(stores, 'Ada')
    const { json: draft } = await application.ask('POST', `${api}/workflows/drafts`, { session, body })
    const key = await makeKey(stores, ada, ['read'])

    for (const who of [{ session }, { key: await makeKey(stores, ada, ['run', 'read']) }]) {
      expect((await application.ask('GET', `${api}/workflows/drafts`, who)).status).toBe(403)
      expect((await application.ask('GET', `${api}/workflows/drafts/${draft.id}`, who)).status).toBe(403)
      expect((await application.ask('DELETE', `${api}/workflows/drafts/${draft.id}`, who)).status).toBe(403)
    }
    expect((await application.ask('POST', `${api}/workflows/drafts`, { key, body })).status).toBe(403)
    expect((await application.ask('POST', `${api}/workflows/drafts`, { body })).status).toBe(401)
    expect((await application.ask('GET', `${api}/workflows/drafts`, await openOwner(stores))).json.items).toHaveLength(
      1,
    )
  })
})
