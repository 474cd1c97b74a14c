import { Button } from '@mantine/core'
import type { DeviceSession } from '../../../proxy/contract/accounts.ts'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { StateWord } from '../../components/StateWord.tsx'
import { TimeAgo } from '../../components/TimeAgo.tsx'
import { useDevices, useEndDevice, useEndDevices } from './deviceQueries.ts'
import styles from './DeviceList.module.css'

interface DeviceListProps {
  /** Absent: one's own. */
  readonly userId?: string
}

const toTitle = ({ kind, device }: DeviceSession): string =>
  kind === 'token' ? `Token (JWT), asked for by ${device}` : device

/** Where a person is signed in, each with the button that ends it. */
export function DeviceList({ userId }: DeviceListProps) {
  const devices = useDevices(userId)
  const end = useEndDevice()
  const endAll = useEndDevices(userId)
  if (devices.isPending) return <LoadingRows rows={2} />
  if (devices.isError) {
    return (
      <ErrorState what="The devices could not be read." error={devices.error} onRetry={() => void devices.refetch()} />
    )
  }
  const others = devices.data.filter((device) => !device.current)
  if (devices.data.length === 0) return <p className="quiet">Signed in nowhere.</p>
  return (
    <div className={styles.root}>
      <ul className={styles.list}>
        {devices.data.map((device) => (
          <li key={device.id} className={styles.row}>
            <div className={styles.words}>
              <p className={styles.name}>
                {toTitle(device)} {device.current && <StateWord tone="good">This device</StateWord>}
              </p>
              <p className="quiet small">
                {device.address}, used <TimeAgo at={device.lastUsedAt} />
                {device.kind !== 'session' && `, holds until ${new Date(device.expiresAt).toLocaleString()}`}
              </p>
            </div>
            {!device.current && (
              <Button
                variant="default"
                aria-label={`${device.kind === 'token' ? 'End' : 'Sign out'} ${toTitle(device)}`}
                loading={end.isPending && end.variables === device.id}
                onClick={() => end.mutate(device.id)}
              >
                {device.kind === 'token' ? 'End' : 'Sign out'}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Refusal error={end.error ?? endAll.error} />
      {others.length > 1 && (
        <Button variant="default" loading={endAll.isPending} onClick={() => endAll.mutate()}>
          {userId === undefined
            ? `Sign out the other ${others.length} devices`
            : `Sign out all ${others.length} devices`}
        </Button>
      )}
    </div>
  )
}
