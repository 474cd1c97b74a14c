import { Button, Checkbox, SegmentedControl } from '@mantine/core'
import { useMemo, useState } from 'react'
import { EmptyState } from '../../components/EmptyState.tsx'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { MoreRows } from '../../components/MoreRows.tsx'
import { SearchField, searchFrom } from '../../components/SearchField.tsx'
import { useGrowingList } from '../../components/useGrowingList.ts'
import { foldText } from '../../words/names.ts'
import { folderTitle } from './reachWords.ts'
import { limitModels } from './roleDraft.ts'
import type { EditedRole } from './roleDraft.ts'
import { useModels } from './roleQueries.ts'
import styles from './Roles.module.css'

interface RoleModelsProps {
  readonly edited: EditedRole
  readonly onEdit: (edited: EditedRole) => void
}

/** Per kind of model: all of them, or those that are ticked. */
export function RoleModels({ edited, onEdit }: RoleModelsProps) {
  const models = useModels()
  if (models.isPending) return <LoadingRows rows={4} rowHeight={72} />
  if (models.isError) {
    return (
      <ErrorState what="The models could not be listed." error={models.error} onRetry={() => void models.refetch()} />
    )
  }
  const folders = models.data.filter(({ folder, names }) => names.length > 0 || edited.models[folder] !== undefined)
  if (folders.length === 0) {
    return (
      <EmptyState title="No models to choose from yet.">
        They are listed here when ComfyUI runs and has found some.
      </EmptyState>
    )
  }
  return (
    <>
      <p className="quiet">
        People with this role see and use only what is open here, also where a file’s name hides in a text. Published
        workflows keep to it too.
      </p>
      <div style={{ marginTop: 16 }}>
        {folders.map(({ folder, names }) => (
          <ModelFolder
            key={folder}
            folder={folder}
            names={names}
            allowed={edited.models[folder]}
            onChange={(allowed) => onEdit(limitModels(edited, folder, allowed))}
          />
        ))}
      </div>
    </>
  )
}

interface ModelFolderProps {
  readonly folder: string
  readonly names: readonly string[]
  /** undefined: all. */
  readonly allowed: readonly string[] | undefined
  readonly onChange: (allowed: readonly string[] | undefined) => void
}

function ModelFolder({ folder, names, allowed, onChange }: ModelFolderProps) {
  const title = folderTitle(folder)
  const heading = title.charAt(0).toUpperCase() + title.slice(1)
  return (
    <section className={styles.folder} aria-label={heading}>
      <div className={styles.folderHead}>
        <div>
          <h2 className={styles.subhead}>{heading}</h2>
          <p className="quiet small">{folderWords(names, allowed)}</p>
        </div>
        <SegmentedControl
          aria-label={`Which ${title}`}
          value={allowed === undefined ? 'all' : 'ticked'}
          onChange={(value) => onChange(value === 'all' ? undefined : [...names])}
          data={[
            { value: 'all', label: 'All' },
            { value: 'ticked', label: 'Only the ticked ones' },
          ]}
        />
      </div>
      {allowed !== undefined && <ModelTicks title={title} names={names} allowed={allowed} onChange={onChange} />}
    </section>
  )
}

function folderWords(names: readonly string[], allowed: readonly string[] | undefined): string {
  if (allowed === undefined) return `All ${names.length}, and those that come later.`
  const there = names.filter((name) => allowed.includes(name)).length
  return there === 0 ? `None of ${names.length}.` : `${there} of ${names.length}. What comes later stays closed.`
}

type ModelTicksProps = Pick<ModelFolderProps, 'names' | 'onChange'> & {
  readonly title: string
  readonly allowed: readonly string[]
}

function ModelTicks({ title, names, allowed, onChange }: ModelTicksProps) {
  const [search, setSearch] = useState('')
  // What is allowed and not there any more can still be taken back.
  const all = useMemo(() => [...new Set([...names, ...allowed])], [names, allowed])
  const found = useMemo(() => all.filter((name) => foldText(name).includes(foldText(search))), [all, search])
  const { shown, showMore } = useGrowingList(found, search)
  const chosen = new Set(allowed)
  const tick = (name: string, on: boolean) =>
    onChange(
      on ? all.filter((other) => other === name || chosen.has(other)) : allowed.filter((other) => other !== name),
    )
  return (
    <div className={styles.files}>
      {all.length >= searchFrom && (
        <SearchField
          label={`Search ${title}`}
          value={search}
          onChange={setSearch}
          found={found.length}
          total={all.length}
        />
      )}
      <div className={styles.ticks} role="group" aria-label={title}>
        {shown.map((name) => (
          <label key={name} className={styles.tick}>
            <Checkbox checked={chosen.has(name)} onChange={(event) => tick(name, event.currentTarget.checked)} />
            <span>
              {name}
              {!names.includes(name) && <span className="quiet"> (not there now)</span>}
            </span>
          </label>
        ))}
        <MoreRows shown={shown.length} total={found.length} onMore={showMore} />
      </div>
      <div className={styles.filters} style={{ marginTop: 8, marginBottom: 0 }}>
        <Button
          variant="default"
          size="xs"
          onClick={() => onChange(all.filter((name) => found.includes(name) || chosen.has(name)))}
        >
          Tick {search.trim() === '' ? 'all' : 'those found'}
        </Button>
        <Button variant="default" size="xs" onClick={() => onChange(allowed.filter((name) => !found.includes(name)))}>
          Untick {search.trim() === '' ? 'all' : 'those found'}
        </Button>
      </div>
    </div>
  )
}
