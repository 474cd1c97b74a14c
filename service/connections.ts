import type { Connection } from '../proxy/contract/sharing.ts'
import type { ConnectionSnapshot } from '../proxy/pipeline/presence.ts'

/** Who is here, as the API tells it. `deviceName` puts a user agent into words. */
export function describeConnections(
  snapshots: readonly ConnectionSnapshot[],
  deviceName: (userAgent: string | undefined) => string,
): Connection[] {
  return snapshots.map((snapshot) => ({
    user: { id: snapshot.accountId, name: snapshot.name },
    device: deviceName(snapshot.userAgent),
    address: snapshot.clientAddress,
    sockets: snapshot.sockets,
    open: snapshot.isOpen,
    credential: snapshot.credential,
    lastActiveAt: new Date(snapshot.lastActiveAtMs).toISOString(),
  }))
}
