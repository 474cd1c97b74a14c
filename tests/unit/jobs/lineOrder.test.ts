import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyFairShare } from '../../../proxy/jobs/fairShare.ts'
import type { Job } from '../../../proxy/jobs/job.ts'
import { placeAmongOwn, placeBeside } from '../../../proxy/jobs/lineOrder.ts'
import type { NewNumbers } from '../../../proxy/jobs/lineOrder.ts'
import { compareNumbers, foresee } from '../../../proxy/jobs/waitingLine.ts'

function createJob(id: string, accountId: string, number: number, createdAtMs: number, expectedSeconds = 10): Job {
  return {
    id,
    accountId,
    clientId: undefined,
    shape: '',
    title: '',
    nodes: 1,
    hasSecrets: false,
    createdAtMs,
    number,
    status: { state: 'waiting', heldBecause: null, attempts: 0, outcome: null },
    bootId: undefined,
    startedAtMs: undefined,
    endedAtMs: undefined,
    failure: undefined,
    expectedSeconds,
    charged: undefined,
    runLimitSeconds: null,
    secretBody: undefined,
    losses: 0,
    bytes: 0,
    workflowId: undefined,
    published: undefined,
    isUnsure: false,
    overdue: false,
  }
}

/** The line as it is served. */
const toLine = (jobs: readonly Job[]): Job[] => {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  return [...foresee(emptyFairShare, [], jobs, () => 1, 0).keys()].flatMap((id) => byId.get(id) ?? [])
}

function renumber(jobs: readonly Job[], numbers: NewNumbers | undefined): void {
  for (const job of jobs) job.number = numbers?.get(job.id) ?? job.number
}

const ids = (jobs: readonly Job[]): string[] => jobs.map(({ id }) => id)

/** Jobs of four people, sent one after the other; some already stand before everybody's. */
const anyJobs = fc
  .array(
    fc.record({
      accountId: fc.constantFrom('anna', 'bert', 'cora', 'dora'),
      pinned: fc.boolean(),
      seconds: fc.integer({ min: 1, max: 600 }),
    }),
    { minLength: 2, maxLength: 30 },
  )
  .map((sent) =>
    sent.map(({ accountId, pinned, seconds }, index) =>
      createJob(`job${String(index)}`, accountId, pinned ? -100 + index : index, index, seconds),
    ),
  )
const twoOf = (jobs: readonly Job[]) =>
  fc.tuple(fc.nat({ max: jobs.length - 1 }), fc.nat({ max: jobs.length - 1 })).filter(([one, other]) => one !== other)
const anyMove = anyJobs.chain((jobs) => twoOf(jobs).map(([moved, before]) => ({ jobs, moved, before })))

describe('a job placed before another one', () => {
  it('stands directly before it, and everything before it stays in its order', () => {
    fc.assert(
      fc.property(anyMove, ({ jobs, moved, before }) => {
        const line = toLine(jobs)
        const [job, target] = [line[moved], line[before]]
        if (job === undefined || target === undefined) throw new Error('no such jobs')
        const head = ids(line.filter(({ id }) => id !== job.id))
        head.splice(head.indexOf(target.id))

        renumber(jobs, placeBeside(line, job.id, { before: target.id }))

        expect(ids(toLine(jobs)).slice(0, head.length + 1)).toEqual([...head, job.id])
      }),
    )
  })

  it('lets no two other jobs of one person pass each other', () => {
    fc.assert(
      fc.property(anyMove, ({ jobs, moved, before }) => {
        const line = toLine(jobs)
        const [job, target] = [line[moved], line[before]]
        if (job === undefined || target === undefined) throw new Error('no such jobs')
        const ofOne = (accountId: string, all: readonly Job[]): string[] =>
          ids(all.filter((other) => other.accountId === accountId && other.id !== job.id))
        const people = [...new Set(jobs.map(({ accountId }) => accountId))]
        const ordered = people.map((accountId) => ofOne(accountId, line))

        renumber(jobs, placeBeside(line, job.id, { before: target.id }))

        expect(people.map((accountId) => ofOne(accountId, toLine(jobs)))).toEqual(ordered)
      }),
    )
  })

  it('changes no number behind it', () => {
    const jobs = [createJob('a', 'anna', 0, 0), createJob('b', 'bert', 0, 1), createJob('c', 'anna', 1, 2)]
    expect(placeBeside(toLine(jobs), 'c', { before: 'a' })).toEqual(new Map([['c', -1]]))
    expect(placeBeside(toLine(jobs), 'c', { before: 'b' })).toEqual(
      new Map([
        ['a', -2],
        ['c', -1],
      ]),
    )
  })

  it('comes after the last one of the line, which everything before it keeps', () => {
    const jobs = [createJob('a', 'anna', 0, 0), createJob('b', 'bert', 0, 1), createJob('c', 'anna', 1, 2)]
    renumber(jobs, placeBeside(toLine(jobs), 'a', { after: 'c' }))
    expect(ids(toLine(jobs))).toEqual(['b', 'c', 'a'])
  })

  it('is not placed before one that is not there', () => {
    const jobs = [createJob('a', 'anna', 0, 0), createJob('b', 'bert', 0, 1)]
    expect(placeBeside(jobs, 'a', { before: 'x' })).toBeUndefined()
    expect(placeBeside(jobs, 'a', { after: 'a' })).toBeUndefined()
  })
})

describe('a job placed among its person’s own', () => {
  const anyOwnMove = anyJobs.chain((jobs) =>
    fc.record({
      jobs: fc.constant(jobs),
      accountId: fc.constantFrom(...jobs.map(({ accountId }) => accountId)),
      moved: fc.nat(),
      place: fc.oneof(fc.constantFrom('first' as const, 'last' as const), fc.nat()),
    }),
  )

  it('comes where it was put, and the person has the same numbers as before', () => {
    fc.assert(
      fc.property(anyOwnMove, ({ jobs, accountId, moved, place }) => {
        const own = jobs.filter((job) => job.accountId === accountId).sort(compareNumbers)
        const job = own[moved % own.length]
        const others = own.filter((other) => other !== job)
        const target = typeof place === 'number' ? others[place % Math.max(1, others.length)] : undefined
        if (job === undefined || (typeof place === 'number' && target === undefined)) return
        const wanted = ids(others)
        const at = place === 'first' ? 0 : target === undefined ? wanted.length : wanted.indexOf(target.id)
        wanted.splice(at, 0, job.id)
        const numbers = own.map(({ number }) => number)
        const rest = new Map(
          jobs.filter((other) => other.accountId !== accountId).map((other) => [other.id, other.number]),
        )

        renumber(
          jobs,
          placeAmongOwn(
            own,
            job.id,
            target === undefined ? (place === 'first' ? place : 'last') : { before: target.id },
          ),
        )

        const after = jobs.filter((other) => other.accountId === accountId).sort(compareNumbers)
        expect(ids(after)).toEqual(wanted)
        expect(after.map(({ number }) => number)).toEqual(numbers)
        for (const [id, number] of rest) expect(jobs.find((other) => other.id === id)?.number).toBe(number)
      }),
    )
  })

  it('gets ahead of nobody else: another’s job is not chosen as a place', () => {
    const own = [createJob('a', 'anna', 0, 0), createJob('c', 'anna', 1, 2)]
    expect(placeAmongOwn(own, 'c', { before: 'b' })).toBeUndefined()
    expect(placeAmongOwn(own, 'b', 'first')).toBeUndefined()
  })

  it('is told apart from one of the same number', () => {
    const own = [createJob('a', 'anna', 3, 0), createJob('b', 'anna', 3, 1), createJob('c', 'anna', 3, 2)]
    renumber(own, placeAmongOwn(own, 'c', 'first'))
    expect(ids([...own].sort(compareNumbers))).toEqual(['c', 'a', 'b'])
  })
})
