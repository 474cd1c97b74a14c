import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { CommandContext } from '../../../cli/commandContext.ts'
import { parseGlobalOptions, runCommand } from '../../../cli/gatehouse.ts'
import { behindTheBack } from '../../support/behindTheBack.ts'
import { addPerson } from '../../support/apiPeople.ts'
import { storesTest } from '../../support/storesFixture.ts'

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

const it = storesTest.extend<{ run: (command: string) => Promise<Outcome> }>({
  run: async ({ dataDirectory, openAgain, clock }, use) => {
    await use(async (command) => {
      const out: string[] = []
      const err: string[] = []
      const options = parseGlobalOptions(command.split(' '))
      const context: CommandContext = {
        dataDirectory,
        json: options.json,
        print: (text) => out.push(text),
        complain: (text) => err.push(text),
        readStdin: () => Promise.resolve(''),
        openStores: () => openAgain(),
        checkWindow: () => Promise.resolve([]),
        runAttacks: () => Promise.reject(new Error('nothing is attacked here')),
        nowMs: () => clock.nowMs(),
      }
      const code = await runCommand(options.rest, context)
      return { code, out: out.join('\n'), err: err.join('\n') }
    })
  },
})

describe('gatehouse audit', () => {
  it('lists by time and person, also somebody who is gone', async ({ run, stores, clock }) => {
    stores.audit.record({ event: 'jobs.paused', actor: { kind: 'account', id: 'a'.repeat(16), name: 'Leo' } })
    await stores.audit.flush()
    clock.advance(3 * 3_600_000)
    stores.audit.record({ event: 'jobs.resumed', actor: { kind: 'system' }, address: '10.0.0.7' })
    await stores.audit.flush()

    const all = await run('--json audit list')
    const recent = await run('--json audit list --since 2h')
    const ofLeo = await run('--json audit list --user Leo')

    expect(JSON.parse(all.out).map((row: { event: string }) => row.event)).toEqual(['jobs.resumed', 'jobs.paused'])
    expect(JSON.parse(recent.out)).toHaveLength(1)
    expect(JSON.parse(ofLeo.out)).toMatchObject([{ event: 'jobs.paused', actor: { name: 'Leo' } }])
    expect((await run('audit list')).out).toContain('10.0.0.7')
    expect((await run('audit list --since soon')).code).toBe(2)
  })

  it('folds what one address was refused into one line, so that it buries nothing (flood)', async ({
    run,
    stores,
    clock,
  }) => {
    const mia = await addPerson(stores, 'Mia')
    stores.audit.record({
      event: 'jobs.paused',
      actor: { kind: 'account', id: mia.id, name: 'Mia' },
      address: '10.0.0.9',
    })
    for (let turn = 1; turn <= 180; turn += 1) {
      clock.advance(20_000)
      const details = { account: mia.id, tries: turn }
      stores.audit.record({ event: 'signIn.failed', actor: { kind: 'unknown' }, address: '10.0.0.7', details })
    }
    await stores.audit.flush()

    const { out } = await run('audit list')
    const lines = out.split('\n')
    const failed = lines.filter((line) => line.includes('10.0.0.7'))
    expect(failed.length).toBeLessThan(3)
    expect(failed[0]).toMatch(/ 180 +10\.0\.0\.7 .*Mia/)
    expect(out).toMatch(/10\.0\.0\.9 +Mia /)
    expect(out).not.toContain('This is not all')
    expect(JSON.parse((await run('--json audit list')).out)).toHaveLength(100)
  })

  it('says how much it does not show, and how to see it', async ({ run, stores }) => {
    for (let turn = 0; turn < 12; turn += 1) {
      stores.audit.record({ event: turn % 2 === 0 ? 'jobs.paused' : 'jobs.resumed', actor: { kind: 'system' } })
    }
    await stores.audit.flush()

    const { out } = await run('audit list --limit 5')

    expect(out.split('\n').filter((line) => line.includes('Gatehouse'))).toHaveLength(5)
    expect(out).toContain('This is not all: 7 older rows are not shown. --limit 50 shows more lines')
    expect((await run('audit list --limit 12')).out).not.toContain('This is not all')
    expect((await run('audit list --user Nobody')).out).toBe('Nothing is in the log of that.')
  })

  it('saves a private file, and never over another one', async ({ run, stores, dataDirectory }) => {
    stores.audit.record({ event: 'jobs.paused', actor: { kind: 'system' } })
    await stores.audit.flush()
    const file = join(dataDirectory, '..', 'log.json')
    const other = join(dataDirectory, '..', 'other.csv')
    writeFileSync(other, 'mine')

    const saved = await run(`audit export ${file}`)
    const refused = await run(`--json audit export ${other}`)

    expect(saved).toMatchObject({ code: 0, err: '' })
    const content = JSON.parse(readFileSync(file, 'utf8'))
    expect(content.rows.map((row: { event: string }) => row.event)).toEqual(['log.exported', 'jobs.paused'])
    expect(content.anchor).toMatchObject({ seq: 2, count: 2, hmac: content.rows[0].hmac })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.err).code).toBe('ALREADY_EXISTS')
    expect(readFileSync(other, 'utf8')).toBe('mine')
    expect((await run('audit export log.txt')).code).toBe(2)
    expect((await run(`audit export ${join(dataDirectory, 'no', 'log.csv')}`)).code).toBe(1)
    expect(existsSync(join(dataDirectory, 'no'))).toBe(false)
  })

  it('ends with 1 and words when somebody changed the log', async ({ run, stores }) => {
    for (let turn = 0; turn < 5; turn += 1) {
      stores.audit.record({ event: 'jobs.paused', actor: { kind: 'system' }, details: { turn } })
    }
    await stores.audit.mark()
    await expect(run('audit verify')).resolves.toMatchObject({ code: 0, out: 'Nobody has changed this list (5 rows).' })

    await behindTheBack(stores.database.file, 'delete from audit where seq = 3')

    const words = await run('audit verify')
    const json = await run('--json audit verify')
    expect(words).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Row 3 was removed.') })
    expect(json.code).toBe(1)
    expect(JSON.parse(json.out)).toMatchObject({
      kind: 'broken',
      findings: [{ kind: 'removed', fromSeq: 3, toSeq: 3 }],
    })
  })
})
