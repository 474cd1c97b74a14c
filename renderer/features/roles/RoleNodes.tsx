import { Button, SegmentedControl } from '@mantine/core'
import { Fragment, useMemo, useState } from 'react'
import type { JudgedNodeAnswer } from '../../../proxy/contract/nodeAnswers.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { MoreRows } from '../../components/MoreRows.tsx'
import { Notice } from '../../components/Notice.tsx'
import { SearchField } from '../../components/SearchField.tsx'
import { useGrowingList } from '../../components/useGrowingList.ts'
import { count } from '../../words/names.ts'
import { AllowNodesDialog } from './AllowNodesDialog.tsx'
import { NodeRow } from './NodeRow.tsx'
import { findNodes, nodeFilters, peopleOfRole, sortByPack, toAllowance } from './nodeWords.ts'
import type { NodeFilter } from './nodeWords.ts'
import { packName } from './reachWords.ts'
import { useForbidNodes, useMarkSeen, useNodes } from './roleQueries.ts'
import styles from './Roles.module.css'

const filterNames: readonly NodeFilter[] = ['kept', 'unseen', 'risky', 'all']

/** Which classes of nodes people with the role may use in workflows of their own. */
export function RoleNodes({ role }: { readonly role: RoleAnswer }) {
  const nodes = useNodes(role.id)
  if (nodes.isPending) return <LoadingRows rows={6} rowHeight={60} />
  if (nodes.isError) {
    return <ErrorState what="The nodes could not be listed." error={nodes.error} onRetry={() => void nodes.refetch()} />
  }
  if (!nodes.data.known) {
    return (
      <EmptyState title="The nodes are not known yet.">
        {nodes.data.problem ?? 'ComfyUI is not ready.'} Until it has said which it has, nobody but administrators can
        run a workflow of their own.
      </EmptyState>
    )
  }
  return (
    <>
      {!role.permissions.includes('graphs') && (
        <div style={{ marginBottom: 16 }}>
          <Notice tone="plain">
            {capital(peopleOfRole(role))} build no workflows, so this decides nothing for them now. A workflow that you
            publish runs with the nodes that it has.
          </Notice>
        </div>
      )}
      <UnseenNodes nodes={nodes.data.items} />
      <NodeList role={role} nodes={nodes.data.items} />
    </>
  )
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function UnseenNodes({ nodes }: { readonly nodes: readonly JudgedNodeAnswer[] }) {
  const seen = useMarkSeen()
  const unseen = nodes.filter(nodeFilters.unseen.fits)
  if (unseen.length === 0) return null
  return (
    <div className={styles.stack} style={{ marginBottom: 16 }}>
      <Notice
        tone="attention"
        actions={
          <Button
            variant="default"
            loading={seen.isPending}
            onClick={() => seen.mutate({ nodes: unseen.map(toAllowance) })}
          >
            I have seen them
          </Button>
        }
      >
        <strong>{count(unseen.length, 'class', 'classes')} of nodes came or changed since you last looked.</strong>{' '}
        Until then they are for administrators only. Seen, the harmless ones open by themselves; those with a risk stay
        closed.
      </Notice>
      <Refusal error={seen.error} />
    </div>
  )
}

interface NodeListProps {
  readonly role: RoleAnswer
  readonly nodes: readonly JudgedNodeAnswer[]
}

function NodeList({ role, nodes }: NodeListProps) {
  const [filter, setFilter] = useState<NodeFilter>('kept')
  const [search, setSearch] = useState('')
  const [allowing, setAllowing] = useState<readonly JudgedNodeAnswer[]>()
  const forbid = useForbidNodes()
  const sorted = useMemo(() => sortByPack(nodes), [nodes])
  const found = useMemo(() => findNodes(sorted, filter, search), [sorted, filter, search])
  const { shown, showMore } = useGrowingList(found, `${filter} ${search}`)
  return (
    <>
      <div className={styles.filters}>
        <SegmentedControl
          aria-label="Which nodes"
          value={filter}
          onChange={(value) => setFilter(filterNames.find((name) => name === value) ?? 'all')}
          data={filterNames.map((name) => ({
            value: name,
            label: `${nodeFilters[name].title} (${nodes.filter(nodeFilters[name].fits).length})`,
          }))}
        />
      </div>
      <SearchField
        label="Search nodes and packs"
        value={search}
        onChange={setSearch}
        found={found.length}
        total={nodes.length}
      />
      <Refusal error={forbid.error} />
      {found.length === 0 && <p className="quiet">{nothingWords(filter, search)}</p>}
      <div role="list" aria-label="Nodes">
        {shown.map((node, index) => (
          <Fragment key={`${node.packPath} ${node.name}`}>
            {shown[index - 1]?.packPath !== node.packPath && (
              <PackHead
                pack={node.pack}
                kept={found.filter((other) => other.packPath === node.packPath && other.verdict !== 'allowed')}
                onAllow={setAllowing}
              />
            )}
            <NodeRow
              node={node}
              busy={forbid.isPending && forbid.variables.nodes.includes(node.name)}
              onAllow={() => setAllowing([node])}
              onForbid={() => forbid.mutate({ role: role.id, nodes: [node.name] })}
            />
          </Fragment>
        ))}
      </div>
      <MoreRows shown={shown.length} total={found.length} onMore={showMore} />
      {allowing !== undefined && (
        <AllowNodesDialog role={role} nodes={allowing} onClose={() => setAllowing(undefined)} />
      )}
    </>
  )
}

function nothingWords(filter: NodeFilter, search: string): string {
  if (search.trim() !== '') return `No node here is called “${search.trim()}”.`
  return filter === 'kept' ? 'Nothing is kept from them.' : 'None.'
}

interface PackHeadProps {
  readonly pack: string
  readonly kept: readonly JudgedNodeAnswer[]
  readonly onAllow: (nodes: readonly JudgedNodeAnswer[]) => void
}

/** One pack, and all that is kept back of it at once. ComfyUI's own are too different from each other for that. */
function PackHead({ pack, kept, onAllow }: PackHeadProps) {
  return (
    <div role="listitem" className={styles.pack}>
      <h2 className={styles.subhead}>{packName(pack)}</h2>
      {pack !== 'comfyui' && kept.length > 1 && (
        <Button variant="subtle" size="xs" onClick={() => onAllow(kept)}>
          Allow all {kept.length} …
        </Button>
      )}
    </div>
  )
}
