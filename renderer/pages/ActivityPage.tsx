import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconArrowUp, IconDownload } from '@tabler/icons-react'
import { useEffect, useMemo, useState } from 'react'
import { toAuditEntries } from '../../proxy/contract/auditEntries.ts'
import type { AuditNames } from '../../proxy/contract/auditSentences.ts'
import { EmptyState } from '../components/EmptyState.tsx'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import styles from '../features/activity/Activity.module.css'
import { ActivityFilters, everything } from '../features/activity/ActivityFilters.tsx'
import type { ActivityChoice } from '../features/activity/ActivityFilters.tsx'
import { ActivityList } from '../features/activity/ActivityList.tsx'
import { exportPath, useActivity, useActivityNews } from '../features/activity/activityQueries.ts'
import type { ActivityFilter } from '../features/activity/activityQueries.ts'
import { toFrom } from '../features/activity/activityWords.ts'
import { WholenessNotice } from '../features/activity/WholenessNotice.tsx'
import { useKeys } from '../features/keys/keyQueries.ts'
import { AddRuleDialog } from '../features/network/AddRuleDialog.tsx'
import { usePeople } from '../features/people/peopleQueries.ts'

/** What happened? */
export function ActivityPage() {
  const [choice, setChoice] = useState(everything)
  const people = usePeople()
  const names = useNames()
  const filter = useFilter(choice)
  return (
    <>
      <PageHeader title="Activity" actions={<ExportButtons filter={filter} />}>
        Who did what, when and from where. No password and no key is ever in it.
      </PageHeader>
      <WholenessNotice />
      <ActivityFilters choice={choice} people={people.data ?? []} onChange={setChoice} />
      <ActivityRows filter={filter} names={names} isNarrowed={choice !== everything} />
    </>
  )
}

function useFilter({ group, person, span, address, refusals }: ActivityChoice): ActivityFilter {
  const [typed] = useDebouncedValue(address.trim(), 300)
  return useMemo(
    () => ({
      group: group ?? undefined,
      person: person ?? undefined,
      from: span === null ? undefined : toFrom(span, Date.now()),
      address: typed === '' ? undefined : typed,
      refusals: refusals ? 'true' : undefined,
    }),
    [group, person, span, typed, refusals],
  )
}

/** Names of people and keys that are there now; rows of others say what they said then. */
function useNames(): AuditNames {
  const people = usePeople()
  const keys = useKeys()
  return useMemo(() => {
    const personNames = new Map(people.data?.map(({ id, name }) => [id, name]))
    const keyNames = new Map(keys.data?.map(({ id, name }) => [id, name]))
    return { person: (id) => personNames.get(id), key: (id) => keyNames.get(id) }
  }, [people.data, keys.data])
}

function ExportButtons({ filter }: { readonly filter: ActivityFilter }) {
  return (['csv', 'json'] as const).map((format) => (
    <Button
      key={format}
      component="a"
      href={exportPath(format, filter)}
      download
      variant="default"
      leftSection={<IconDownload size={16} aria-hidden />}
    >
      {`Save as ${format.toUpperCase()}`}
    </Button>
  ))
}

interface ActivityRowsProps {
  readonly filter: ActivityFilter
  readonly names: AuditNames
  readonly isNarrowed: boolean
}

/** Fewer lines than this on the page are too few, */
const ENOUGH_LINES = 25
/** unless so many rows of the log are in them. */
const MANY_ROWS = 1_000

/** Hundreds of rows may be one line ("Gatehouse attacked itself"): then older ones are shown at once. */
function useEnoughLines({ data, hasNextPage, isFetchingNextPage, fetchNextPage }: ReturnType<typeof useActivity>) {
  const lines = useMemo(() => (data === undefined ? Infinity : toAuditEntries(data).length), [data])
  const isTooFew = hasNextPage && !isFetchingNextPage && lines < ENOUGH_LINES && (data?.length ?? 0) < MANY_ROWS
  useEffect(() => {
    if (isTooFew) void fetchNextPage({ cancelRefetch: false })
  }, [isTooFew, fetchNextPage])
}

function ActivityRows({ filter, names, isNarrowed }: ActivityRowsProps) {
  const list = useActivity(filter)
  const news = useActivityNews(filter, list.data)
  const [keepingOut, setKeepingOut] = useState<string>()
  useEnoughLines(list)
  const showNews = () => {
    news.show()
    window.scrollTo({ top: 0 })
  }
  return (
    <>
      <div className={styles.news} role="status">
        {news.count > 0 && (
          <Button size="sm" leftSection={<IconArrowUp size={16} aria-hidden />} onClick={showNews}>
            {`${String(news.count)}${news.isMore ? ' or more' : ''} new`}
          </Button>
        )}
      </div>
      {list.isPending && <LoadingRows rows={8} rowHeight={44} />}
      {list.isError && (
        <ErrorState what="What happened could not be read." error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.data?.length === 0 && !list.hasNextPage && (
        <EmptyState title={isNarrowed ? 'Nothing of that kind happened.' : 'Nothing has happened yet.'}>
          {isNarrowed ? 'Ask for less above.' : 'As soon as somebody signs in it is here.'}
        </EmptyState>
      )}
      {list.data !== undefined && <ActivityList rows={list.data} names={names} onKeepOut={setKeepingOut} />}
      {list.hasNextPage && (
        <div className={styles.more}>
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage({ cancelRefetch: false })}
          >
            Show older
          </Button>
        </div>
      )}
      {keepingOut !== undefined && <AddRuleDialog address={keepingOut} onClose={() => setKeepingOut(undefined)} />}
    </>
  )
}
