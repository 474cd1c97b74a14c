import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Section } from '../../components/Section.tsx'
import { useSharing } from '../sharing/sharingQueries.ts'
import { AddressList } from './AddressList.tsx'

/** Where this computer is reached: each address with what it is, and the name. */
export function ReachedSection() {
  const sharing = useSharing()
  return (
    <Section title="Where it is reached">
      {sharing.isPending && <LoadingRows rows={3} rowHeight={56} />}
      {sharing.isError && (
        <ErrorState
          what="The addresses could not be read."
          error={sharing.error}
          onRetry={() => void sharing.refetch()}
        />
      )}
      {sharing.data !== undefined && <AddressList sharing={sharing.data} />}
    </Section>
  )
}
