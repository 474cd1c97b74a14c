import { Button } from '@mantine/core'
import { useCallback, useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { ErrorState } from '../../components/ErrorState.tsx'
import { Toast } from '../../components/Toast.tsx'
import { DeleteAllDialog, DeleteOutputsDialog } from './DeleteOutputsDialog.tsx'
import type { GalleryPlace } from './galleryPlace.ts'
import { useMay } from '../account/permissions.ts'
import { ShareDialog } from '../shares/ShareDialog.tsx'
import styles from './Gallery.module.css'
import { GalleryGrid } from './GalleryGrid.tsx'
import type { OutputFilter } from './gallerySearch.ts'
import { isNarrowed } from './gallerySearch.ts'
import { GallerySkeleton } from './GallerySkeleton.tsx'
import { GalleryToolbar } from './GalleryToolbar.tsx'
import { OutputViewer } from './OutputViewer.tsx'
import { useOutputs } from './outputQueries.ts'
import { SelectionBar } from './SelectionBar.tsx'
import { useOutputCommands } from './useOutputCommands.ts'
import type { OutputCommands } from './useOutputCommands.ts'
import { useSelection } from './useSelection.ts'

interface GalleryProps {
  readonly place: GalleryPlace
  /** Further choices for the toolbar. */
  readonly children?: ReactNode
}

const nobody: readonly Output[] = []

/** Pictures, newest first: to look at, to keep, to take along and to remove. */
export function Gallery({ place, children }: GalleryProps) {
  const { search, onSearch } = place
  const { kind, kept, removed, find, user } = search
  const filter = useMemo(() => ({ kind, kept, removed, find, user }), [kind, kept, removed, find, user])
  const { list, ...reading } = useOutputs(filter)
  const outputs = list.data?.items ?? nobody
  const selection = useSelection(outputs)
  const commands = useOutputCommands(filter)
  const open = useCallback((picture: string) => onSearch({ picture }, { replace: false }), [onSearch])
  const show = useCallback((picture: string | undefined) => onSearch({ picture }, { replace: true }), [onSearch])
  const [deleting, setDeleting] = useState<readonly Output[] | 'all'>()
  const [sharing, setSharing] = useState<readonly Output[]>()
  const may = useMay()
  const endings = {
    onClose: () => setDeleting(undefined),
    onDone: () => {
      setDeleting(undefined)
      selection.clear()
    },
  }
  const toast = <CommandToast commands={commands} />
  return (
    <>
      <GalleryToolbar
        filter={filter}
        onFilter={(change) => onSearch(change, { replace: true })}
        onSelect={outputs.length > 0 && !selection.isOn ? selection.start : undefined}
      >
        {children}
      </GalleryToolbar>
      {selection.isOn && (
        <SelectionBar
          selection={selection}
          commands={commands}
          isRemovedView={filter.removed === true}
          onDelete={setDeleting}
          onShare={may('share') ? setSharing : undefined}
        />
      )}
      {filter.removed === true && (
        <RemovedNote onDeleteAll={outputs.length > 0 ? () => setDeleting('all') : undefined} />
      )}
      {deleting === 'all' && <DeleteAllDialog filter={filter} {...endings} />}
      {deleting !== undefined && deleting !== 'all' && <DeleteOutputsDialog outputs={deleting} {...endings} />}
      {list.isPending && <GallerySkeleton />}
      {list.data === undefined && list.isError && (
        <ErrorState what="The pictures could not be read." error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.data !== undefined && outputs.length === 0 && <NothingHere place={place} filter={filter} />}
      {outputs.length > 0 && (
        <GalleryGrid
          outputs={outputs}
          selection={selection}
          withPerson={place.withPerson}
          isRemovedView={filter.removed === true}
          open={search.picture}
          commands={commands}
          onOpen={open}
          readMore={reading.readMore}
        />
      )}
      {reading.moreError !== null && (
        <ErrorState what="Older pictures could not be read." error={reading.moreError} onRetry={reading.retry} />
      )}
      {search.picture !== undefined && (
        <OutputViewer
          id={search.picture}
          outputs={outputs}
          place={place}
          commands={commands}
          onShow={show}
          readMore={reading.readMore}
          onShare={setSharing}
        >
          {toast}
        </OutputViewer>
      )}
      {sharing !== undefined && (
        <ShareDialog outputs={sharing} onClose={() => setSharing(undefined)} onDone={selection.clear} />
      )}
      {search.picture === undefined && <div className={selection.isOn ? styles.lifted : undefined}>{toast}</div>}
    </>
  )
}

/** `onDeleteAll` undefined: there is nothing. */
function RemovedNote({ onDeleteAll }: { readonly onDeleteAll: (() => void) | undefined }) {
  return (
    <div className={styles.removedNote}>
      <p className="quiet">
        Removed files stay here for 7 days, and take room until then. Select those to put back or to delete for good.
      </p>
      {onDeleteAll !== undefined && (
        <Button variant="light" color="red" onClick={onDeleteAll}>
          Delete all for good
        </Button>
      )}
    </div>
  )
}

function CommandToast({ commands: { message, dismiss } }: { readonly commands: OutputCommands }) {
  if (message === undefined) return null
  const { text, undo } = message
  return (
    <Toast
      onClose={dismiss}
      action={
        undo !== undefined && (
          <Button
            variant="subtle"
            onClick={() => {
              dismiss()
              undo()
            }}
          >
            Undo
          </Button>
        )
      }
    >
      {text}
    </Toast>
  )
}

interface NothingHereProps {
  readonly place: GalleryPlace
  readonly filter: OutputFilter
}

function NothingHere({ place: { canvas, withPerson, onSearch }, filter }: NothingHereProps) {
  if (filter.removed === true) return <EmptyState title="Nothing was removed in the last 7 days." />
  if (isNarrowed(filter)) {
    const showAll = () => onSearch({ kind: undefined, kept: undefined, find: undefined }, { replace: true })
    return (
      <EmptyState
        title={filter.kept === true ? 'Nothing here is kept yet.' : 'Nothing here matches.'}
        action={
          <Button variant="default" onClick={showAll}>
            Show everything
          </Button>
        }
      />
    )
  }
  return (
    <EmptyState
      title={withPerson ? 'Pictures that people make appear here.' : 'Pictures you make appear here.'}
      action={canvas !== undefined && <Button onClick={canvas}>Open the canvas</Button>}
    />
  )
}
