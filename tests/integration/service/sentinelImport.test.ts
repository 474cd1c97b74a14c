import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashSync } from '@node-rs/bcrypt'
import { describe, expect } from 'vitest'
import { commandLine } from '../../../proxy/accounts/actedBy.ts'
import { findBcryptCost } from '../../../proxy/accounts/bcryptHash.ts'
import type { Stores } from '../../../proxy/accounts/stores.ts'
import { importSentinel } from '../../../service/sentinelImport/importSentinel.ts'
import type { ImportOptions, ImportReport } from '../../../service/sentinelImport/importSentinel.ts'
import { readSentinelFolder } from '../../../service/sentinelImport/readSentinelFolder.ts'
import { addPerson } from '../../support/apiPeople.ts'
import { SentinelClient } from '../../support/sentinelClient.ts'
import { wholeGateTest } from '../../support/wholeGate.ts'

const oldPassword = 'Passw0rd!'
const longPassword = `${'long '.repeat(20)}and different behind the 72nd byte`

/** What Sentinel 3 writes: ids are UUIDs, hashes bcrypt; `admin` is only there where it is true. */
const users = {
  'f3ed8351-a487-4514-ba3e-7b90e850a23e': {
    username: 'root_admin',
    password: hashSync(oldPassword, 4),
    admin: true,
  },
  '0b0cba0c-6a3c-4a5e-9e5c-2f6f8a1f0001': {
    username: 'mia_s',
    password: hashSync(oldPassword, 5),
    admin: false,
  },
  '0b0cba0c-6a3c-4a5e-9e5c-2f6f8a1f0002': { username: 'long', password: hashSync(longPassword, 4) },
}

interface Folder {
  readonly path: string
  write(files: Readonly<Record<string, unknown>>): void
}

const it = wholeGateTest.extend<{ folder: Folder; client: SentinelClient }>({
  folder: async ({ dataDirectory }, use) => {
    const path = join(dataDirectory, '..', 'ComfyUI-Sentinel')
    mkdirSync(path)
    const write: Folder['write'] = (files) => {
      for (const [name, content] of Object.entries(files)) {
        writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content))
      }
    }
    write({ 'users_db.json': users })
    await use({ path, write })
  },
  client: async ({ whole }, use) => use(new SentinelClient(whole.port)),
})

const takeOver = (stores: Stores, folder: Folder, more: Partial<ImportOptions> = {}): Promise<ImportReport> =>
  importSentinel(stores, readSentinelFolder(folder.path), {
    ...{ dryRun: false, role: 'user', administrators: false, by: commandLine },
    ...more,
  })

const hashOf = async (stores: Stores, name: string): Promise<string> =>
  (await stores.passwordHashes.find((await stores.accounts.getByName(name)).id)) ?? ''

describe('an import of ComfyUI-Sentinel', () => {
  it('signs its users in with their old passwords, and keeps argon2id from then on', async ({
    whole: { stores },
    folder,
    client,
  }) => {
    const report = await takeOver(stores, folder)

    expect(report.imported.map(({ name }) => name)).toEqual(['root_admin', 'mia_s', 'long'])
    expect(findBcryptCost(await hashOf(stores, 'mia_s'))).toBe(5)
    expect((await client.sendJson('/login', { username: 'mia_s', password: 'Passw0rd?' })).status).toBe(401)
    expect(findBcryptCost(await hashOf(stores, 'mia_s'))).toBe(5)

    const token = await client.login('mia_s', oldPassword)

    expect((await client.getByHeader('/gatehouse/api/v1/session', token)).json().user.name).toBe('mia_s')
    expect(await hashOf(stores, 'mia_s')).toMatch(/^\$argon2id\$/)
    expect((await client.sendJson('/login', { username: 'mia_s', password: oldPassword })).status).toBe(200)
    expect((await client.sendJson('/login', { username: 'mia_s', password: 'Passw0rd?' })).status).toBe(401)
  })

  it('S-31: signs in with a password of more than 72 bytes', async ({ whole: { stores }, folder, client }) => {
    await takeOver(stores, folder)
    expect(Buffer.byteLength(longPassword)).toBeGreaterThan(72)
    expect((await client.sendJson('/login', { username: 'long', password: longPassword })).status).toBe(200)
    expect(await hashOf(stores, 'long')).toMatch(/^\$argon2id\$/)
    // All of it counts from now on.
    const cut = Buffer.from(longPassword).subarray(0, 72).toString()
    expect((await client.sendJson('/login', { username: 'long', password: cut })).status).toBe(401)
  })

  it('makes administrators only when asked to', async ({ whole: { stores }, folder }) => {
    const tried = await takeOver(stores, folder, { dryRun: true, administrators: true, role: 'creator' })
    expect(tried.imported).toEqual([
      { name: 'root_admin', role: 'administrator' },
      { name: 'mia_s', role: 'creator' },
      { name: 'long', role: 'creator' },
    ])
    await takeOver(stores, folder)
    expect((await stores.accounts.list()).map(({ role }) => role)).toEqual(['user', 'user', 'user'])
  })

  it('changes nothing when it is only tried', async ({ whole: { stores }, folder }) => {
    folder.write({ 'whitelist.txt': '192.168.1.7\n', 'config.json': { force_https: true } })

    const report = await takeOver(stores, folder, { dryRun: true })

    expect(report).toMatchObject({ dryRun: true, rules: { allow: 3, deny: 0 }, settings: [{ name: 'https.force' }] })
    expect(report.imported).toHaveLength(3)
    expect(await stores.accounts.list()).toEqual([])
    expect(stores.ipRules.list()).toEqual([])
    expect(stores.settings.get('https.force')).toBe(false)
  })

  it('does nothing twice, and takes nothing back that was changed since', async ({ whole: { stores }, folder }) => {
    folder.write({ 'blacklist.txt': '203.0.113.7\n' })
    await takeOver(stores, folder)
    const mia = await stores.accounts.getByName('mia_s')
    await stores.accounts.update(mia.id, { name: 'Mia', role: 'viewer' }, commandLine)
    await stores.passwords.set(mia.id, 'slow copper tram window', commandLine)
    await stores.accounts.remove((await stores.accounts.getByName('long')).id, commandLine)

    const again = await takeOver(stores, folder)

    expect(again.imported).toEqual([])
    expect(again.known).toEqual(['root_admin', 'mia_s'])
    expect(again.refused).toEqual([{ name: 'long', reason: expect.stringContaining('removed here') }])
    expect(again.rules).toMatchObject({ allow: 0, deny: 0 })
    expect(await stores.accounts.get(mia.id)).toMatchObject({ name: 'Mia', role: 'viewer' })
    expect(await stores.passwords.verify(mia.id, 'slow copper tram window')).toBe(true)
  })

  it('names whoever does not fit and takes over the others', async ({ whole: { stores }, folder }) => {
    await addPerson(stores, 'MIA_S')
    const hash = hashSync(oldPassword, 4)
    folder.write({
      'users_db.json': {
        ...users,
        a: { username: 'plain', password: 'secret in clear' },
        b: { username: 'dear', password: hash.replace('$04$', '$31$') },
        c: 'not an object',
        d: { username: 'with:colon', password: hash },
        e: { username: 'Guest 7', password: hash },
        f: { username: 'twice', password: hash },
        g: { username: 'TWICE', password: hash },
        h: { password: hash },
        i: { username: 'safe', password: hash, admin: 'yes' },
      },
    })

    const report = await takeOver(stores, folder, { administrators: true })

    expect(report.refused.map(({ name }) => name).sort()).toEqual(
      ['Guest 7', 'TWICE', 'c', 'dear', 'h', 'mia_s', 'plain', 'with:colon'].sort(),
    )
    expect(JSON.stringify(report)).not.toMatch(/secret in clear|\$2b\$/)
    expect(report.imported).toContainEqual({ name: 'safe', role: 'user' })
    expect((await stores.accounts.list()).map(({ name }) => name).sort()).toEqual(
      ['MIA_S', 'long', 'root_admin', 'safe', 'twice'].sort(),
    )
  })

  it('maps each option to its setting or says why there is none (option written otherwise than read, S-36)', async ({
    whole: { stores },
    folder,
  }) => {
    folder.write({
      'config.json': {
        secret_key_env: 'COMFY_SECRET',
        users_db: 'people.json',
        access_token_expiration_hours: 6,
        max_access_token_expiration_hours: 240,
        log: 'comfy.log',
        log_levels: ['INFO', 'ERROR'],
        whitelist: 'w.txt',
        blacklist: 'b.txt',
        blacklist_after_attempts: 12,
        free_memory_on_logout: true,
        force_https: true,
        separate_users: true,
        seperate_users: false,
        manager_admin_only: true,
        unheard_of: 1,
      },
      'people.json': users,
      'w.txt': '192.168.1.7\n\nnonsense\n',
      'b.txt': '203.0.113.7\n',
    })

    const report = await takeOver(stores, folder)

    const all = stores.settings.all()
    expect(all).toMatchObject({
      'tokens.secretVariable': 'COMFY_SECRET',
      'tokens.hours': 6,
      'tokens.maxHours': 240,
      'log.fileName': 'comfy.log',
      'log.levels': ['INFO', 'ERROR'],
      'lockout.blacklistAfter': 12,
      'sessions.freeMemoryOnSignOut': true,
      'https.force': true,
    })
    expect(report.notes.map(({ option }) => option)).toEqual([
      'separate_users',
      'seperate_users',
      'manager_admin_only',
      'unheard_of',
    ])
    expect(stores.ipRules.list().map(({ kind, network }) => `${kind} ${network.cidr}`)).toEqual(
      expect.arrayContaining(['allow 192.168.1.7/32', 'allow 127.0.0.0/8', 'deny 203.0.113.7/32']),
    )
    expect(report.rules.skipped).toEqual(['whitelist, line 3: nonsense'])
    expect(report.imported).toHaveLength(3)
  })

  it.for([
    [{ blacklist_after_attempts: -1 }, 'lockout.blacklistAfter'],
    [{ access_token_expiration_hours: 'twelve' }, 'tokens.hours'],
    [{ log: '../../outside.log' }, 'log.fileName'],
    [{ log_levels: ['LOUD'] }, 'log.levels'],
  ] as const)(
    'leaves a setting as it is when %o does not fit it',
    async ([config, name], { whole: { stores }, folder }) => {
      folder.write({ 'config.json': config })
      const before = stores.settings.get(name)
      const report = await takeOver(stores, folder)
      expect(stores.settings.get(name)).toEqual(before)
      expect(report.notes).toEqual([{ option: Object.keys(config)[0], reason: expect.stringContaining(name) }])
    },
  )

  it('S-20: refuses a damaged file as a whole, and opens nothing by it', async ({ whole: { stores }, folder }) => {
    for (const [name, content] of [
      ['users_db.json', '{"a": {"username":'],
      ['users_db.json', '[]'],
      ['config.json', 'not json'],
      ['config.json', '"text"'],
    ] as const) {
      folder.write({ 'users_db.json': users, 'config.json': {}, [name]: content })
      expect(() => readSentinelFolder(folder.path)).toThrow(name)
    }
    rmSync(folder.path, { recursive: true })
    expect(() => readSentinelFolder(folder.path)).toThrow('nothing of ComfyUI-Sentinel')
    expect(await stores.accounts.list()).toEqual([])
  })

  it('S-32: an unknown name and everybody else cost the same while hashes are imported', async ({
    whole: { stores },
    folder,
    client,
    argon2,
  }) => {
    await addPerson(stores, 'argon')
    await takeOver(stores, folder)
    const work: string[][] = []
    for (const username of ['nobody', 'argon', 'mia_s']) {
      argon2.calls.length = 0
      await client.sendJson('/login', { username, password: 'wrong' })
      work.push([...argon2.calls].map((call) => (call === 'hash' ? 'argon2' : call)))
    }
    // One argon2 and one bcrypt each: which of the two is for show is seen by nobody.
    expect(work.map((calls) => calls.length)).toEqual([2, 2, 2])
  })

  it.for([
    ['a device without an end', '/dev/zero', 'is no file'],
    ['a folder', '.', 'is no file'],
    ['another computer', '\\\\evil.example\\share\\users.json', 'on another computer'],
    ['another computer, with slashes', '//evil.example/share/users.json', 'on another computer'],
  ] as const)('opens nothing of a hostile config.json that names %s', async ([, named, why], { whole, folder }) => {
    folder.write({ 'config.json': { users_db: named } })
    expect(() => readSentinelFolder(folder.path)).toThrow(why)
    expect((await whole.stores.accounts.list()).filter(({ name }) => name === 'mia_s')).toEqual([])
  })
})
