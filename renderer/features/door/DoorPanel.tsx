import { ErrorState } from '../../components/ErrorState.tsx'
import { Section } from '../../components/Section.tsx'
import { Countdown } from '../../components/TimeAgo.tsx'
import { SwitchSetting } from '../settings/SettingRow.tsx'
import { useKnocks, useSetKnocking } from './doorQueries.ts'

/** Whether people may knock. Who does is said above every page. */
export function DoorPanel() {
  const knocks = useKnocks()
  const change = useSetKnocking()
  if (knocks.isError) {
    return (
      <ErrorState
        what="Who is at the door could not be read."
        error={knocks.error}
        onRetry={() => void knocks.refetch()}
      />
    )
  }
  if (knocks.data === undefined) return null
  const { openUntil } = knocks.data
  const isOpen = change.isPending ? change.variables : openUntil !== null
  return (
    <Section title="At the door">
      <SwitchSetting
        label="Let people knock for 10 minutes"
        hint={
          <>
            Somebody without an account may ask to come in on your sign-in page. You compare words on their phone before
            you let them in.
            {openUntil !== null && (
              <>
                {' '}
                Ends by itself <Countdown at={openUntil} />.
              </>
            )}
          </>
        }
        checked={isOpen}
        error={change.error}
        onChange={(value) => change.mutate(value)}
      />
    </Section>
  )
}
