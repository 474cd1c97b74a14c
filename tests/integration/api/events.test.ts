import { describe, expect, vi } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import type { JobOrder } from '../../../proxy/jobs/jobQueueTypes.ts'
import { addPerson, makeKey, openOwner, signIn } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

const patience = { timeout: 5000 }

const orderOf = (accountId: string): JobOrder => ({
  accountId,
  role: 'creator',
  wantedId: undefined,
  clientId: undefined,
  nodes: new Map(),
  extraData: new Map(),
  targets: undefined,
  place: { front: false, number: undefined },
  outputs: undefined,
})

describe('events', () => {
  it('tell the owner what changed, with new log lines', async ({ stores, application }) => {
    const stream = await application.openEvents(await openOwner(stores))

    await stores.accounts.create({ name: 'Mia', role: 'user' }, commandLine)
    application.parts.log('loading model')
    application.parts.setState({ kind: 'stopping', sinceMs: 0 })

    await vi.waitFor(() => {
      expect(stream.events).toContainEqual({ type: 'changed', resource: 'users' })
      expect(stream.events).toContainEqual({ type: 'changed', resource: 'comfyui' })
      expect(stream.events).toContainEqual({ type: 'log', lines: [{ sequence: 0, atMs: 0, text: 'loading model' }] })
    })
    stream.close()
  })

  it.for([['in this process'], ['in another one']] as const)(
    "tell nobody of another's account, keys, devices or of the log, whatever is written %s (leak of events)",
    async ([where], { stores, openAgain, application }) => {
      const mia = await addPerson(stores, 'Mia')
      const leo = await addPerson(stores, 'Leo')
      const stream = await application.openEvents({ session: await signIn(stores, 'Mia') })
      const writing = where === 'in this process' ? stores : await openAgain()

      application.parts.log('a path of this computer')
      application.parts.setState({ kind: 'stopping', sinceMs: 0 })
      await makeKey(writing, leo, ['run'])
      await signIn(writing, 'Leo')
      await writing.accounts.update(leo.id, { name: 'Leopold', role: 'viewer' }, commandLine)
      await writing.passwords.set(leo.id, 'a river of seven lamps', commandLine)
      await writing.keys.revokeAllOf(leo.id, commandLine)
      await writing.accounts.remove(leo.id, commandLine)
      await makeKey(writing, mia, ['run'])

      await vi.waitFor(() => expect(stream.events).not.toEqual([]), patience)
      expect(stream.events).toEqual([{ type: 'changed', resource: 'keys' }])
      stream.close()
    },
  )

  it('tell people of their own account, keys and devices', async ({ stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const stream = await application.openEvents({ session: await signIn(stores, 'Mia') })
    const heard = (resource: string) =>
      vi.waitFor(() => expect(stream.events).toContainEqual({ type: 'changed', resource }), patience)

    await stores.accounts.update(mia.id, { name: 'Mia B.' }, commandLine)
    await heard('users')
    await makeKey(stores, mia, ['run'])
    await heard('keys')
    await signIn(stores, 'Mia B.')
    await heard('sessions')
    stream.close()
  })

  it('tell a key that may only run of its person’s account and nothing of keys and devices', async ({
    stores,
    application,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const stream = await application.openEvents({ key: await makeKey(stores, mia, ['run']) })

    await makeKey(stores, mia, ['run'])
    await signIn(stores, 'Mia')
    await stores.accounts.update(mia.id, { name: 'Mia B.' }, commandLine)

    await vi.waitFor(() => expect(stream.events).not.toEqual([]), patience)
    expect(stream.events).toEqual([{ type: 'changed', resource: 'users' }])
    stream.close()
  })

  it("tell people of their own jobs, the owner of everybody's, and nobody of another's (leak of events)", async ({
    stores,
    application,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const leo = await addPerson(stores, 'Leo')
    const streams = await Promise.all([
      application.openEvents({ session: await signIn(stores, 'Mia') }),
      application.openEvents({ session: await signIn(stores, 'Leo') }),
      application.openEvents(await openOwner(stores)),
    ])
    const [hers, his, owners] = streams
    const jobs = { type: 'changed', resource: 'jobs' }

    await application.queue.jobs.accept(orderOf(mia.id))
    await vi.waitFor(() => expect(hers.events).toEqual([jobs]), patience)
    await vi.waitFor(() => expect(owners.events).toContainEqual(jobs), patience)
    await makeKey(stores, leo, ['run'])

    await vi.waitFor(() => expect(his.events).not.toEqual([]), patience)
    expect(his.events).toEqual([{ type: 'changed', resource: 'keys' }])
    expect(hers.events).toEqual([jobs])
    for (const stream of streams) stream.close()
  })

  it('end when what changed cannot be read, so that the page reads everything again', async ({
    stores,
    logger,
    application,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const stream = await application.openEvents({ session: await signIn(stores, 'Mia') })
    stores.keys.list = () => Promise.reject(new Error('the disk is gone'))

    await makeKey(stores, mia, ['run'])

    await stream.closed
    expect(stream.events).toEqual([])
    expect(logger.lines.join('\n')).toContain('the disk is gone')
  })

  it.for([
    ['signing out', (stores: Stores, sessionId: string) => stores.sessions.end(sessionId, commandLine)],
    [
      'a new password',
      (stores: Stores, _: string, id: string) => stores.passwords.set(id, 'a river of seven lamps', commandLine),
    ],
    ['removal', (stores: Stores, _: string, id: string) => stores.accounts.remove(id, commandLine)],
  ] as const)('end within a second of %s', async ([, end], { stores, application }) => {
    const mia = await addPerson(stores, 'Mia')
    const stream = await application.openEvents({ session: await signIn(stores, 'Mia') })
    const [session] = await stores.sessions.list(mia.id)
    const startedAt = performance.now()

    await end(stores, session?.id ?? '', mia.id)

    await stream.closed
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  it('end within a second of the credential, also when another process ends it', async ({
    stores,
    openAgain,
    application,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    const session = await application.openEvents({ session: await signIn(stores, 'Mia') })
    const key = await application.openEvents({ key: await makeKey(stores, mia, ['keys']) })
    const other = await openAgain()
    const startedAt = performance.now()

    await other.accounts.update(mia.id, { disabled: true }, commandLine)

    await Promise.all([session.closed, key.closed])
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  it('end when an administrator is one no more', async ({ stores, application }) => {
    await openOwner(stores)
    const leo = await addPerson(stores, 'Leo', 'administrator')
    const stream = await application.openEvents({ key: await makeKey(stores, leo, ['administer']) })

    await stores.accounts.update(leo.id, { role: 'creator' }, commandLine)

    await expect(stream.closed).resolves.toBeUndefined()
  })
})
