import { Button } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { EmptyState } from '../components/EmptyState.tsx'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { SharedGrid } from '../features/shares/SharedGrid.tsx'
import styles from '../features/shares/SharedGrid.module.css'
import { useShared } from '../features/shares/shareQueries.ts'
import { SharedViewer } from '../features/shares/SharedViewer.tsx'

const route = getRouteApi('/portal/shared')

/** What do others show me? */
export function SharedPage() {
  const { picture: openId } = route.useSearch()
  const navigate = route.useNavigate()
  const shared = useShared()
  const pictures = shared.data?.pages.flatMap(({ items }) => items) ?? []
  const open = pictures.find(({ id }) => id === openId)
  const show = (picture: string | undefined) =>
    void navigate({ search: { picture }, replace: openId !== undefined, resetScroll: false })
  return (
    <>
      <PageHeader title="Shared">Pictures that others show you.</PageHeader>
      {shared.isPending && <LoadingRows rows={4} />}
      {shared.data === undefined && shared.isError && (
        <ErrorState what="The pictures could not be read." error={shared.error} onRetry={() => void shared.refetch()} />
      )}
      {shared.data !== undefined && pictures.length === 0 && (
        <EmptyState title="Nothing is shared with you yet.">
          When somebody here shares a picture, it appears on this page by itself.
        </EmptyState>
      )}
      {pictures.length > 0 && <SharedGrid pictures={pictures} onOpen={show} />}
      {shared.hasNextPage && (
        <div className={styles.more}>
          <Button variant="default" loading={shared.isFetchingNextPage} onClick={() => void shared.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {shared.isFetchNextPageError && (
        <ErrorState
          what="Older pictures could not be read."
          error={shared.error}
          onRetry={() => void shared.fetchNextPage()}
        />
      )}
      {open !== undefined && <SharedViewer picture={open} pictures={pictures} onShow={show} />}
    </>
  )
}
