import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { ApiKey } from '../../proxy/contract/keys.ts'
import { EmptyState } from '../components/EmptyState.tsx'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { MoreRows } from '../components/MoreRows.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { SearchField, searchFrom } from '../components/SearchField.tsx'
import { useGrowingList } from '../components/useGrowingList.ts'
import { CreateKeyDialog } from '../features/keys/CreateKeyDialog.tsx'
import { useKeys } from '../features/keys/keyQueries.ts'
import { findKeys } from '../features/keys/keyWords.ts'
import { KeyTable } from '../features/keys/KeyTable.tsx'
import { usePeople } from '../features/people/peopleQueries.ts'

const route = getRouteApi('/shell/keys')

/** Which tools have access? */
export function KeysPage() {
  const keys = useKeys({ askEveryMs: 15_000 })
  const people = usePeople()
  const { new: creating, for: forId } = route.useSearch()
  const navigate = route.useNavigate()
  const newButton = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => void navigate({ search: { new: true } })}>
      New key
    </Button>
  )
  return (
    <>
      <PageHeader title="Keys" actions={keys.data?.length !== 0 && newButton}>
        A key lets a tool such as Krita or a script in, as one person and for as long as you say.
      </PageHeader>
      {keys.isPending && <LoadingRows rows={3} rowHeight={64} />}
      {keys.isError && (
        <ErrorState what="The list of keys could not be read." error={keys.error} onRetry={() => void keys.refetch()} />
      )}
      {keys.data?.length === 0 && (
        <EmptyState title="No tool has access." action={newButton}>
          People in a browser need no key, they sign in. Create one for a program.
        </EmptyState>
      )}
      {keys.data !== undefined && keys.data.length > 0 && <KeysList keys={keys.data} />}
      {creating === true && people.data !== undefined && (
        <CreateKeyDialog
          people={people.data.filter((person) => !person.disabled && person.guest === null)}
          forId={forId}
          onClose={() => void navigate({ search: {} })}
        />
      )}
    </>
  )
}

function KeysList({ keys }: { readonly keys: readonly ApiKey[] }) {
  const [search, setSearch] = useState('')
  const found = useMemo(() => findKeys(keys, search), [keys, search])
  const { shown, showMore } = useGrowingList(found, search)
  return (
    <>
      {keys.length >= searchFrom && (
        <SearchField
          label="Search keys and people"
          value={search}
          onChange={setSearch}
          found={found.length}
          total={keys.length}
        />
      )}
      {found.length > 0 && <KeyTable keys={shown} />}
      <MoreRows shown={shown.length} total={found.length} onMore={showMore} />
      {found.length === 0 && <p className="quiet">No key has “{search.trim()}” in its name or its person’s.</p>}
    </>
  )
}
