import { IconBrowser, IconKey } from '@tabler/icons-react'
import type { Connection } from '../../../proxy/contract/sharing.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { TimeAgo } from '../../components/TimeAgo.tsx'
import { count } from '../../words/names.ts'
import { useConnections } from './sharingQueries.ts'
import styles from './ConnectionList.module.css'

/** Who is here now. */
export function ConnectionList() {
  const connections = useConnections()
  if (connections.isPending) return <LoadingRows rows={2} />
  if (connections.isError) {
    return (
      <ErrorState
        what="Who is here could not be read."
        error={connections.error}
        onRetry={() => void connections.refetch()}
      />
    )
  }
  if (connections.data.length === 0) {
    return <EmptyState title="Nobody is here right now.">Whoever comes in appears in this list at once.</EmptyState>
  }
  return (
    <ul className={styles.list}>
      {connections.data.map((connection) => (
        <li key={`${connection.user.id} ${connection.device} ${connection.address}`} className={styles.row}>
          {connection.credential === 'key' ? (
            <IconKey size={20} aria-label="By key" />
          ) : (
            <IconBrowser size={20} aria-label="By browser" />
          )}
          <div className={styles.words}>
            <p className={styles.name}>{connection.user.name}</p>
            <p className="quiet small">
              {connection.device}, {placeWords(connection.address)}
            </p>
          </div>
          <p className={`quiet small ${styles.when}`}>
            {openWords(connection)}
            <TimeAgo at={connection.lastActiveAt} />
          </p>
        </li>
      ))}
    </ul>
  )
}

const placeWords = (address: string): string =>
  address === '127.0.0.1' || address === '::1' ? 'on this computer' : address

/** A browser has windows; a tool has none that anybody sees. */
function openWords({ sockets, open, credential }: Connection): string {
  if (!open && sockets === 0) return ''
  if (sockets === 0) return credential === 'key' ? 'connected, ' : 'page open, '
  return credential === 'key' ? 'connected, ' : `${count(sockets, 'window')} open, `
}
