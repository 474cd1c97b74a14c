import { describe, expect, vi } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import { defaultJobLimits, defaultJobWeights } from '../../../proxy/contract/jobs.ts'
import { addPerson } from '../../support/apiPeople.ts'
import { storesTest as it } from '../../support/storesFixture.ts'

describe('settings', () => {
  it('have their defaults, keep what is set, and tell who listens', async ({ stores, openAgain }) => {
    const changed = vi.fn()
    stores.settings.onChange(changed)
    expect(stores.settings.get('limits.promptNodes')).toBe(2000)

    await stores.settings.set('limits.promptNodes', 50)
    await stores.settings.set('limits.promptNodes', 50)

    expect(changed.mock.calls).toEqual([[['limits.promptNodes']]])
    expect((await openAgain()).settings.get('limits.promptNodes')).toBe(50)
  })

  it('tell the same value written again, so that a run started with another one follows it', async ({
    stores,
    clock,
  }) => {
    const told = vi.fn()
    await stores.settings.set('sharing.on', false)
    stores.settings.onChange(told)
    clock.advance(1)

    await stores.settings.set('sharing.on', false)
    await stores.settings.reload()

    expect(told.mock.calls).toEqual([[['sharing.on']]])
  })

  it.for([
    ['sharing.port', 0],
    ['sharing.port', '8190'],
    ['sharing.on', 'true'],
    ['comfyui.arguments', 'x'],
    ['nothing.like.this', 1],
    ['__proto__', {}],
    ['constructor', 1],
  ] as const)('refuse %s = %s and change nothing', async ([name, value], { stores }) => {
    const values = Object.fromEntries([
      ['limits.promptNodes', 5],
      [name, value],
    ])

    await expect(stores.settings.setMany(values)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(stores.settings.get('limits.promptNodes')).toBe(2000)
  })

  it('count a stored value that no longer fits as never set', async ({ stores }) => {
    await stores.database.kysely
      .insertInto('settings')
      .values({ name: 'sharing.port', value: '"eighty"', changed_at_ms: 0 })
      .execute()

    await stores.settings.reload()

    expect(stores.settings.get('sharing.port')).toBe(8190)
  })

  it('limits of another version keep each role that still fits, and the others have their default', async ({
    stores,
  }) => {
    const guest = { ...defaultJobLimits.guest, queued: 3, runSeconds: undefined }
    const limits = {
      user: { ...defaultJobLimits.user, queued: 7, colour: 1 },
      guest,
      viewer: { queued: -1 },
      robot: {},
    }
    for (const [name, value] of [
      ['jobs.limits', limits],
      ['jobs.weights', { user: 5, guest: 'much' }],
    ] as const) {
      const row = { name, value: JSON.stringify(value), changed_at_ms: 0 }
      await stores.database.kysely.insertInto('settings').values(row).execute()
    }

    await stores.settings.reload()

    expect(stores.settings.get('jobs.limits')).toEqual({
      ...defaultJobLimits,
      user: { ...defaultJobLimits.user, queued: 7 },
      guest: { ...defaultJobLimits.guest, queued: 3 },
    })
    expect(stores.settings.get('jobs.weights')).toEqual({ ...defaultJobWeights, user: 5 })
  })

  it('limits of one person go with the person, and no others', async ({ stores, openAgain }) => {
    const [mia, ben] = [await addPerson(stores, 'Mia'), await addPerson(stores, 'Ben')]
    const limits = { [mia.id]: { nodes: 40 }, [ben.id]: { nodes: 50 } }
    await stores.settings.set('jobs.limitsByUser', limits)
    const told: string[] = []
    stores.settings.onChange((names) => told.push(...names))

    await stores.accounts.remove(mia.id, commandLine)

    expect(stores.settings.get('jobs.limitsByUser')).toEqual({ [ben.id]: { nodes: 50 } })
    expect(told).toEqual(['jobs.limitsByUser'])
    expect((await openAgain()).settings.get('jobs.limitsByUser')).toEqual({ [ben.id]: { nodes: 50 } })
    const before = told.length
    await stores.accounts.remove((await addPerson(stores, 'Leo')).id, commandLine)
    expect(told).toHaveLength(before)
  })

  it('limits are set for every role or not at all', async ({ stores }) => {
    const { user } = defaultJobLimits
    await expect(stores.settings.setMany({ 'jobs.limits': { user } })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    })
  })
})
