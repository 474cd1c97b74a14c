import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { systemRandom } from '../../../proxy/core/random.ts'
import { chooseSecrets } from '../../../proxy/secrets/chooseSecrets.ts'
import type { Keychain } from '../../../proxy/secrets/keychain.ts'
import { openSecrets } from '../../../proxy/secrets/openSecrets.ts'
import type { SecretsChoice } from '../../../proxy/secrets/secretStore.ts'
import { storesTest as it } from '../../support/storesFixture.ts'

/** A keychain in memory, whose faults a test can choose. */
function createMemoryKeychain() {
  const entries = new Map<string, string>()
  const state = { works: true, keeps: true, closed: 0 }
  const guard = <Value>(value: Value): Promise<Value> =>
    state.works ? Promise.resolve(value) : Promise.reject(new Error('locked'))
  const keychain: Keychain = {
    get: (account) => guard(entries.get(account)),
    set: (account, value) => {
      if (state.works && state.keeps) entries.set(account, value)
      return guard(undefined)
    },
    delete: (account) => {
      entries.delete(account)
      return guard(undefined)
    },
    close: () => {
      state.closed += 1
      return Promise.resolve()
    },
  }
  return { entries, state, keychain }
}

const auto: SecretsChoice = { kind: 'auto', workerFile: 'not used' }

const secretsTest = it.extend<{
  keychain: ReturnType<typeof createMemoryKeychain>
  open: (choice: SecretsChoice) => ReturnType<typeof openSecrets>
}>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  keychain: async ({}, use) => use(createMemoryKeychain()),
  open: async ({ stores, keychain, dataDirectory }, use) => {
    // A folder that was never opened: no kind of store, no print of any secret.
    await stores.database.kysely.deleteFrom('meta').where('name', 'like', 'secret%').execute()
    rmSync(join(dataDirectory, 'secrets.json'), { force: true })
    await use((choice) =>
      stores.database.kysely.transaction().execute((transaction) =>
        openSecrets(transaction, {
          choice,
          dataDirectory,
          dataFolderId: 'folder0123456789',
          random: systemRandom,
          openKeychain: () => keychain.keychain,
        }),
      ),
    )
  },
})

const unavailable = { code: 'SECRETS_UNAVAILABLE' }

describe('secrets', () => {
  secretsTest(
    "go into the keychain where it works, under the folder's own names, and stay the same",
    async ({ open, keychain }) => {
      const first = await open(auto)
      const second = await open(auto)

      expect(first.kind).toBe('keychain')
      expect([...keychain.entries.keys()].sort()).toEqual([
        'folder0123456789/api-key-pepper',
        'folder0123456789/audit-chain-key',
        'folder0123456789/token-key',
      ])
      expect(second.values).toEqual(first.values)
      expect(first.values['api-key-pepper']).toHaveLength(32)
      expect(first.values['api-key-pepper']).not.toEqual(first.values['audit-chain-key'])
      expect(keychain.state.closed).toBe(2)
    },
  )

  secretsTest.for([[{ works: false }], [{ keeps: false }]] as const)(
    'go into a private file where the keychain is %o, and stay there when it works later',
    async ([fault], { open, keychain, dataDirectory }) => {
      Object.assign(keychain.state, fault)
      const first = await open(auto)
      Object.assign(keychain.state, { works: true, keeps: true })
      const second = await open(auto)

      expect([first.kind, second.kind]).toEqual(['file', 'file'])
      expect(second.values).toEqual(first.values)
      expect(statSync(join(dataDirectory, 'secrets.json')).mode & 0o777).toBe(0o600)
      expect(keychain.entries.size).toBe(0)
    },
  )

  secretsTest('are never moved out of the keychain silently', async ({ open, keychain, dataDirectory }) => {
    await open(auto)
    keychain.state.works = false

    await expect(open(auto)).rejects.toThrow()
    await expect(open({ kind: 'file' })).rejects.toMatchObject(unavailable)
    expect(() => statSync(join(dataDirectory, 'secrets.json'))).toThrow('ENOENT')
  })

  secretsTest('that were lost are refused, never made anew', async ({ open, keychain }) => {
    await open(auto)
    keychain.entries.clear()

    await expect(open(auto)).rejects.toMatchObject(unavailable)
    expect(keychain.entries.size).toBe(0)
  })

  secretsTest('that were exchanged are refused', async ({ open, dataDirectory }) => {
    await open({ kind: 'file' })
    const file = join(dataDirectory, 'secrets.json')
    const content = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    writeFileSync(file, JSON.stringify({ ...content, 'audit-chain-key': randomBytes(32).toString('base64') }))

    await expect(open({ kind: 'file' })).rejects.toMatchObject(unavailable)
  })

  secretsTest.for([['{"half":'], ['[]'], ['{"api-key-pepper":5}']])(
    'in a damaged file (%s) are refused',
    async ([text], { open, dataDirectory }) => {
      await open({ kind: 'file' })
      writeFileSync(join(dataDirectory, 'secrets.json'), text ?? '')

      await expect(open({ kind: 'file' })).rejects.toMatchObject(unavailable)
    },
  )

  secretsTest(
    'can be derived from a file that is handed in, and from no other one',
    async ({ open, dataDirectory }) => {
      const file = join(dataDirectory, '..', 'master')
      writeFileSync(file, randomBytes(48), { mode: 0o600 })
      const first = await open({ kind: 'environment', file })
      expect((await open({ kind: 'environment', file })).values).toEqual(first.values)
      await expect(open({ kind: 'file' })).rejects.toMatchObject(unavailable)
      chmodSync(file, 0o644)
      await expect(open({ kind: 'environment', file })).rejects.toMatchObject(unavailable)
      chmodSync(file, 0o600)
      writeFileSync(file, randomBytes(48))
      await expect(open({ kind: 'environment', file })).rejects.toMatchObject(unavailable)
      writeFileSync(file, randomBytes(31))
      await expect(open({ kind: 'environment', file })).rejects.toMatchObject(unavailable)
    },
  )
})

describe('the choice of the environment', () => {
  it('is the keychain, a file to derive from, or the file in the data folder', () => {
    expect(chooseSecrets({}, 'worker.cjs')).toEqual({ kind: 'auto', workerFile: 'worker.cjs' })
    expect(chooseSecrets({ GATEHOUSE_SECRET_FILE: '/run/secret' }, 'w')).toEqual({
      kind: 'environment',
      file: '/run/secret',
    })
    expect(chooseSecrets({ GATEHOUSE_SECRETS: 'file' }, 'w')).toEqual({ kind: 'file' })
  })
})
