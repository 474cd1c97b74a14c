import { isOver } from '../accounts/account.ts'
import type { Account } from '../accounts/account.ts'
import type { ApiKeyRecord } from '../accounts/apiKeyStore.ts'
import type { Session } from '../accounts/sessionStore.ts'
import type { Stores } from '../accounts/stores.ts'
import type { Token } from '../accounts/tokenStore.ts'
import type { DeviceSession, Person, User } from '../contract/accounts.ts'
import type { ApiKey } from '../contract/keys.ts'
import { toIso, toIsoOrNull } from '../core/time.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import type { Connections } from './dependencies.ts'

/* Rows of the stores in the shapes of the contract. */

export const describeUser = ({ id, name, role }: Account): User => ({ id, name, role })

export const describePrincipal = ({ accountId, name, role }: Principal): User => ({ id: accountId, name, role })

/** Everybody as the owner sees them. */
export async function describePeople(stores: Stores, connections: Connections, nowMs: number): Promise<Person[]> {
  const [accounts, keys, sessions, ownerId, roles] = await Promise.all([
    stores.accounts.list(),
    stores.keys.list(),
    stores.sessions.list(),
    stores.owner.findId(),
    stores.roles.list(),
  ])
  const titles = new Map(roles.map(({ id, title }) => [id, title]))
  const connected = new Set(connections.list().map((connection) => connection.user.id))
  const keyCounts = countByAccount(keys)
  const sessionCounts = countByAccount(sessions.filter((session) => !session.fromOwnerWindow))
  // A guest who is gone is not shown while what they made is being deleted.
  const shown = accounts.filter((account) => account.guestAddress === null || !isOver(account, nowMs))
  return shown.map((account) => {
    const seenNow = stores.usage.findAccountSeen(account.id) ?? 0
    const lastSeenAtMs = Math.max(seenNow, account.lastSeenAtMs ?? 0)
    return {
      ...describeUser(account),
      roleTitle: titles.get(account.role) ?? account.role,
      isOwner: account.id === ownerId,
      disabled: account.disabled,
      hasPassword: account.hasPassword,
      createdAt: toIso(account.createdAtMs),
      lastSeenAt: toIsoOrNull(lastSeenAtMs === 0 ? null : lastSeenAtMs),
      keyCount: keyCounts.get(account.id) ?? 0,
      sessionCount: sessionCounts.get(account.id) ?? 0,
      connected: connected.has(account.id),
      guest:
        account.guestAddress === null
          ? null
          : { endsAt: toIsoOrNull(account.expiresAtMs), address: account.guestAddress },
    }
  })
}

function countByAccount(rows: readonly { readonly accountId: string }[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { accountId } of rows) counts.set(accountId, (counts.get(accountId) ?? 0) + 1)
  return counts
}

export const describeKey = (key: ApiKeyRecord, userName: string, workflowName = ''): ApiKey => ({
  id: key.id,
  name: key.name,
  user: { id: key.accountId, name: userName },
  scopes: [...key.scopes],
  workflow: key.workflowId === undefined ? null : { id: key.workflowId, name: workflowName },
  masked: key.masked,
  createdAt: toIso(key.createdAtMs),
  expiresAt: toIsoOrNull(key.expiresAtMs),
  lastUsedAt: toIsoOrNull(key.lastUsedAtMs),
  lastAddress: key.lastAddress,
  sentUnprotectedAt: toIsoOrNull(key.sentUnprotectedAtMs),
})

/** `currentId`: of what the list was asked for with. */
export const describeToken = (token: Token, currentId: string | undefined): DeviceSession => ({
  id: token.id,
  kind: token.use === 'cookie' ? 'signInToken' : 'token',
  userId: token.accountId,
  device: token.device,
  address: token.address,
  createdAt: toIso(token.createdAtMs),
  lastUsedAt: toIso(token.lastUsedAtMs ?? token.createdAtMs),
  expiresAt: toIso(token.expiresAtMs),
  current: token.id === currentId,
})

export const describeSession = (session: Session, currentSessionId: string | undefined): DeviceSession => ({
  id: session.id,
  kind: 'session',
  userId: session.accountId,
  device: session.device,
  address: session.address,
  createdAt: toIso(session.createdAtMs),
  lastUsedAt: toIso(session.lastUsedAtMs),
  expiresAt: toIso(session.expiresAtMs),
  current: session.id === currentSessionId,
})
