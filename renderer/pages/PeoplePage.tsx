import { Button } from '@mantine/core'
import { IconUserPlus } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { Person } from '../../proxy/contract/accounts.ts'
import { EmptyState } from '../components/EmptyState.tsx'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { MoreRows } from '../components/MoreRows.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { SearchField, searchFrom } from '../components/SearchField.tsx'
import { useGrowingList } from '../components/useGrowingList.ts'
import { DoorDialog } from '../features/door/DoorDialog.tsx'
import { DoorPanel } from '../features/door/DoorPanel.tsx'
import { GuestsPanel } from '../features/guests/GuestsPanel.tsx'
import { InviteDialog } from '../features/invitations/InviteDialog.tsx'
import { OpenInvitations } from '../features/invitations/OpenInvitations.tsx'
import { AddPersonDialog } from '../features/people/AddPersonDialog.tsx'
import { PeopleTable } from '../features/people/PeopleTable.tsx'
import { usePeople } from '../features/people/peopleQueries.ts'
import { PersonDrawer } from '../features/people/PersonDrawer.tsx'
import { findPeople } from '../features/people/personWords.ts'

const route = getRouteApi('/shell/people')

/** Who may come in? */
export function PeoplePage() {
  const people = usePeople({ askEveryMs: 15_000 })
  const { add, invite, door, person: openId } = route.useSearch()
  const navigate = route.useNavigate()
  const close = () => void navigate({ search: {} })
  const named = people.data?.filter(({ guest }) => guest === null) ?? []
  const openPerson = named.find(({ id }) => id === openId)
  const addButton = (
    <Button
      leftSection={<IconUserPlus size={16} aria-hidden />}
      onClick={() => void navigate({ search: { invite: true } })}
    >
      Invite
    </Button>
  )
  return (
    <>
      <PageHeader
        title="People"
        actions={(people.data === undefined || named.some((person) => !person.isOwner)) && addButton}
      >
        Who may come in. <Link to="/roles">What may each role do?</Link>
      </PageHeader>
      {people.isPending && <LoadingRows rows={4} />}
      {people.isError && (
        <ErrorState
          what="The list of people could not be read."
          error={people.error}
          onRetry={() => void people.refetch()}
        />
      )}
      {people.data !== undefined && (
        <>
          <PeopleList people={named} addButton={addButton} onOpen={(id) => void navigate({ search: { person: id } })} />
          <OpenInvitations />
          <DoorPanel />
          <GuestsPanel guests={people.data.filter(({ guest }) => guest !== null)} />
        </>
      )}
      {add === true && <AddPersonDialog onClose={close} />}
      {invite === true && <InviteDialog onClose={close} onAddByHand={() => void navigate({ search: { add: true } })} />}
      {door === true && <DoorDialog onClose={close} />}
      {openPerson !== undefined && (
        <PersonDrawer
          person={openPerson}
          onNewKey={() => void navigate({ to: '/keys', search: { new: true, for: openPerson.id } })}
          onClose={close}
        />
      )}
    </>
  )
}

interface PeopleListProps {
  readonly people: readonly Person[]
  readonly addButton: React.ReactNode
  readonly onOpen: (id: string) => void
}

function PeopleList({ people, addButton, onOpen }: PeopleListProps) {
  const [search, setSearch] = useState('')
  const found = useMemo(() => findPeople(people, search), [people, search])
  const { shown, showMore } = useGrowingList(found, search)
  return (
    <>
      {people.length >= searchFrom && (
        <SearchField
          label="Search people"
          value={search}
          onChange={setSearch}
          found={found.length}
          total={people.length}
        />
      )}
      {found.length > 0 && <PeopleTable people={shown} onOpen={onOpen} />}
      <MoreRows shown={shown.length} total={found.length} onMore={showMore} />
      {found.length === 0 && <p className="quiet">Nobody is called “{search.trim()}”.</p>}
      {people.every((person) => person.isOwner) && (
        <div style={{ marginTop: 24 }}>
          <EmptyState title="Only you so far." action={addButton}>
            Invite the people of your family or class: they scan a code, and nobody else comes in.
          </EmptyState>
        </div>
      )}
    </>
  )
}
