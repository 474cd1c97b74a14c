import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ApiKey } from '../../../proxy/contract/keys.ts'
import table from '../../components/DataTable.module.css'
import { StateWord } from '../../components/StateWord.tsx'
import { TimeAgo, TimeLeft } from '../../components/TimeAgo.tsx'
import { useNow } from '../../components/useNow.ts'
import { describeScopes, keyHealth } from './keyWords.ts'
import styles from './KeyTable.module.css'
import { RevokeDialog } from './RevokeDialog.tsx'

interface KeyTableProps {
  readonly keys: readonly ApiKey[]
}

/** Keys as they can be shown later: masked, with what to know about each. */
export function KeyTable({ keys }: KeyTableProps) {
  const [revoking, setRevoking] = useState<ApiKey>()
  return (
    <>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">For</th>
            <th scope="col">Last used</th>
            <th scope="col">Ends</th>
            <td className={table.actions} />
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow key={key.id} apiKey={key} onRevoke={() => setRevoking(key)} />
          ))}
        </tbody>
      </table>
      {revoking !== undefined && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  )
}

interface KeyRowProps {
  readonly apiKey: ApiKey
  readonly onRevoke: () => void
}

function KeyRow({ apiKey, onRevoke }: KeyRowProps) {
  const health = keyHealth(apiKey, useNow(60_000))
  return (
    <tr>
      <th scope="row">
        <span className={styles.name}>{apiKey.name}</span>
        <code className={styles.masked}>{apiKey.masked}</code>
        {health === 'unprotected' && (
          <p className={styles.warning}>
            <StateWord tone="attention">Was sent unprotected, replace it</StateWord>
          </p>
        )}
      </th>
      <td data-label="For">
        <span className={styles.person}>{apiKey.user.name}</span>
        <span className={styles.address}>{describeScopes(apiKey.scopes)}</span>
      </td>
      <td data-label="Last used" className={table.fact}>
        {apiKey.lastUsedAt === null ? <span className="quiet">Never</span> : <TimeAgo at={apiKey.lastUsedAt} />}
        {apiKey.lastAddress !== null && <span className={styles.address}>from {apiKey.lastAddress}</span>}
      </td>
      <td data-label="Ends" className={table.fact}>
        <KeyEnd apiKey={apiKey} expired={health === 'expired'} soon={health === 'expiresSoon'} />
      </td>
      <td className={table.actions}>
        <Button variant="default" aria-label={`Revoke ${apiKey.name}`} onClick={onRevoke}>
          Revoke
        </Button>
      </td>
    </tr>
  )
}

function KeyEnd({
  apiKey,
  expired,
  soon,
}: {
  readonly apiKey: ApiKey
  readonly expired: boolean
  readonly soon: boolean
}) {
  if (apiKey.expiresAt === null) return <span className="quiet">Never</span>
  if (expired) return <StateWord tone="problem">Expired</StateWord>
  const left = <TimeLeft at={apiKey.expiresAt} />
  return soon ? <StateWord tone="attention">{left}</StateWord> : left
}
