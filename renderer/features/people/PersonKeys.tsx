import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { Person } from '../../../proxy/contract/accounts.ts'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { useKeys } from '../keys/keyQueries.ts'
import { KeyList } from '../keys/KeyList.tsx'

interface PersonKeysProps {
  readonly person: Person
  readonly onNewKey: () => void
}

/** One person's keys, and the way to a new one. */
export function PersonKeys({ person, onNewKey }: PersonKeysProps) {
  const keys = useKeys({ askEveryMs: 15_000 })
  if (keys.isPending) return <LoadingRows rows={1} />
  if (keys.isError) {
    return <ErrorState what="The keys could not be read." error={keys.error} onRetry={() => void keys.refetch()} />
  }
  const own = keys.data.filter((key) => key.user.id === person.id)
  return (
    <>
      {own.length === 0 ? <p className="quiet">None. A key lets a tool in as this person.</p> : <KeyList keys={own} />}
      <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={onNewKey}>
        New key for {person.name}
      </Button>
    </>
  )
}
