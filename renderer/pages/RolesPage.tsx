import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import type { RoleAnswer } from '../../proxy/contract/roleRules.ts'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { Notice } from '../components/Notice.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { usePeople } from '../features/people/peopleQueries.ts'
import { nodeFilters } from '../features/roles/nodeWords.ts'
import { CopyRoleDialog } from '../features/roles/RoleDialogs.tsx'
import { RoleDetails } from '../features/roles/RoleDetails.tsx'
import { useNodes, useRoles } from '../features/roles/roleQueries.ts'
import { RoleTable } from '../features/roles/RoleTable.tsx'
import { count } from '../words/names.ts'

const route = getRouteApi('/shell/roles')

/** What may each kind of person do? */
export function RolesPage() {
  const roles = useRoles()
  const { role: openId, part, copy } = route.useSearch()
  const navigate = route.useNavigate()
  const open = roles.data?.find(({ id }) => id === openId)
  return (
    <>
      {open === undefined && (
        <PageHeader
          title="Roles"
          actions={
            <Button
              leftSection={<IconPlus size={16} aria-hidden />}
              onClick={() => void navigate({ search: { copy: 'creator' } })}
            >
              New role
            </Button>
          }
        >
          What each kind of person may do here, with which models and which nodes.
        </PageHeader>
      )}
      {roles.isPending && <LoadingRows rows={5} rowHeight={68} />}
      {roles.isError && (
        <ErrorState what="The roles could not be read." error={roles.error} onRetry={() => void roles.refetch()} />
      )}
      {roles.data !== undefined && open === undefined && (
        <RoleList
          roles={roles.data}
          onOpen={(id) => void navigate({ search: { role: id } })}
          onNodes={() => void navigate({ search: { role: 'creator', part: 'nodes' } })}
        />
      )}
      {open !== undefined && (
        <OpenRole
          // What is saved begins a new draft.
          key={`${open.id} ${JSON.stringify([open.permissions, open.models])}`}
          role={open}
          part={part ?? 'may'}
          onPart={(next) => void navigate({ search: { role: open.id, part: next }, replace: true })}
          onCopy={() => void navigate({ search: { role: open.id, copy: open.id } })}
          onGone={() => void navigate({ search: {} })}
        />
      )}
      {copy !== undefined && roles.data !== undefined && (
        <CopyRoleDialog
          roles={roles.data}
          copyOf={copy}
          onCopied={(id) => void navigate({ search: { role: id } })}
          onClose={() => void navigate({ search: openId === undefined ? {} : { role: openId } })}
        />
      )}
    </>
  )
}

function OpenRole(props: Omit<React.ComponentProps<typeof RoleDetails>, 'people'>) {
  const people = usePeople()
  return <RoleDetails {...props} people={people.data?.filter(({ role }) => role === props.role.id) ?? []} />
}

interface RoleListProps {
  readonly roles: readonly RoleAnswer[]
  readonly onOpen: (id: string) => void
  readonly onNodes: () => void
}

function RoleList({ roles, onOpen, onNodes }: RoleListProps) {
  const nodes = useNodes('creator')
  const unseen = nodes.data?.items.filter(nodeFilters.unseen.fits).length ?? 0
  return (
    <>
      {unseen > 0 && (
        <div style={{ marginBottom: 16 }}>
          <Notice
            tone="attention"
            actions={
              <Button variant="default" onClick={onNodes}>
                Look at them
              </Button>
            }
          >
            <strong>{count(unseen, 'class', 'classes')} of nodes came or changed since you last looked.</strong> Until
            then they are for administrators only.
          </Notice>
        </div>
      )}
      <RoleTable roles={roles} onOpen={onOpen} />
    </>
  )
}
