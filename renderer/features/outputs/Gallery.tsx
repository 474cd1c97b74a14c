import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { EmptyState } from '../../components/EmptyState.tsx'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import type { OutputFilter } from './gallerySearch.ts'
import styles from './Gallery.module.css'
import { filePath, thumbnailPath } from './outputLinks.ts'
import { useOutputs } from './outputQueries.ts'

interface GalleryProps {
  readonly filter: OutputFilter
  /** Where pictures are made, for whom has none yet. */
  readonly start?: ReactNode
}

/** Pictures, newest first. */
export function Gallery({ filter, start }: GalleryProps) {
  const { list, hasMore, isReadingMore, moreError, readMore } = useOutputs(filter)
  if (list.isPending) return <LoadingRows rows={4} rowHeight={160} />
  if (list.data === undefined) {
    return <ErrorState what="The pictures could not be read." error={list.error} onRetry={() => void list.refetch()} />
  }
  if (list.data.items.length === 0) return <EmptyState title="Pictures you make appear here." action={start} />
  return (
    <>
      <ul className={styles.grid}>
        {list.data.items.map((output) => (
          <li key={output.id}>
            <a href={filePath(output.id)}>
              <img src={thumbnailPath(output.id, 180)} alt={output.name} loading="lazy" width={180} height={180} />
            </a>
          </li>
        ))}
      </ul>
      {hasMore && (
        <Button variant="default" loading={isReadingMore} onClick={readMore}>
          Show more
        </Button>
      )}
      {moreError !== null && <ErrorState what="Older pictures could not be read." error={moreError} />}
    </>
  )
}
