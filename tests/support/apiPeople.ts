import { commandLine } from '../../proxy/accounts/actedBy.ts'
import type { Account } from '../../proxy/accounts/account.ts'
import type { Stores } from '../../proxy/accounts/stores.ts'
import type { Role } from '../../proxy/contract/accounts.ts'
import type { Scope } from '../../proxy/contract/keys.ts'
import { goodPassword } from './storesFixture.ts'

/** Where the API begins. */
export const api = '/gatehouse/api/v1'

/** Somebody with `goodPassword`. */
export async function addPerson(stores: Stores, name: string, role: Role = 'creator'): Promise<Account> {
  const passwordHash = await stores.passwords.hashNew(name, goodPassword)
  return stores.accounts.create({ name, role, passwordHash }, commandLine)
}

/** A session's token. */
export const signIn = async (stores: Stores, userName: string): Promise<string> =>
  (
    await stores.signIns.signIn({
      userName,
      password: goodPassword,
      clientAddress: '192.168.1.30',
      secure: false,
      userAgent: undefined,
    })
  ).token

/** The owner, Anna, in the desktop app's window: what `ask` needs to speak as her. */
export async function openOwner(stores: Stores) {
  const { token, accountId } = await stores.ownerSessions.openOwnerSession('Anna')
  return { listener: 'owner' as const, session: token, accountId }
}

/** A key's text. */
export const makeKey = async (stores: Stores, account: Account, scopes: Scope[]): Promise<string> =>
  (await stores.keys.create({ accountId: account.id, name: 'tool', scopes, expiresAtMs: null }, commandLine)).text
