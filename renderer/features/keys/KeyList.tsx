import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ApiKey } from '../../../proxy/contract/keys.ts'
import { StateWord } from '../../components/StateWord.tsx'
import { TimeAgo, TimeLeft } from '../../components/TimeAgo.tsx'
import { useNow } from '../../components/useNow.ts'
import { keyHealth } from './keyWords.ts'
import styles from './KeyList.module.css'
import { RevokeDialog } from './RevokeDialog.tsx'

interface KeyListProps {
  readonly keys: readonly ApiKey[]
}

/** Keys of one person as rows that fit a phone. */
export function KeyList({ keys }: KeyListProps) {
  const [revoking, setRevoking] = useState<ApiKey>()
  const nowMs = useNow(60_000)
  return (
    <>
      <ul className={styles.list}>
        {keys.map((key) => {
          const health = keyHealth(key, nowMs)
          return (
            <li key={key.id} className={styles.row}>
              <div className={styles.words}>
                <p className={styles.name}>{key.name}</p>
                <p className={styles.masked}>{key.masked}</p>
                <p className="quiet small">
                  {key.lastUsedAt === null ? (
                    'Never used'
                  ) : (
                    <>
                      Used <TimeAgo at={key.lastUsedAt} />
                    </>
                  )}
                  {health !== 'expired' && key.expiresAt !== null && (
                    <>
                      , ends <TimeLeft at={key.expiresAt} />
                    </>
                  )}
                </p>
                {health === 'expired' && <StateWord tone="problem">Expired</StateWord>}
                {health === 'unprotected' && <StateWord tone="attention">Was sent unprotected, replace it</StateWord>}
              </div>
              <Button variant="default" aria-label={`Revoke ${key.name}`} onClick={() => setRevoking(key)}>
                Revoke
              </Button>
            </li>
          )
        })}
      </ul>
      {revoking !== undefined && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  )
}
