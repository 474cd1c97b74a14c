import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'

interface ListedProps {
  readonly list: {
    readonly isPending: boolean
    readonly isError: boolean
    readonly data: unknown
    readonly error: unknown
    readonly refetch: () => Promise<unknown>
  }
  /** "The line could not be read." */
  readonly what: string
  readonly children: ReactNode
}

/** A list, or that it comes, or why it does not. What was read once stays. */
export function Listed({ list, what, children }: ListedProps) {
  if (list.isPending) return <LoadingRows rows={2} rowHeight={60} />
  if (list.isError && list.data === undefined) {
    return <ErrorState what={what} error={list.error} onRetry={() => void list.refetch()} />
  }
  return children
}

interface ShowMoreProps {
  readonly list: {
    readonly hasNextPage: boolean
    readonly isFetchingNextPage: boolean
    readonly fetchNextPage: (options: { cancelRefetch: boolean }) => Promise<unknown>
  }
}

/** The next part of a list whose length is not known. */
export function ShowMore({ list }: ShowMoreProps) {
  if (!list.hasNextPage) return null
  return (
    <Button
      variant="default"
      mt={12}
      loading={list.isFetchingNextPage}
      onClick={() => void list.fetchNextPage({ cancelRefetch: false })}
    >
      Show more
    </Button>
  )
}
