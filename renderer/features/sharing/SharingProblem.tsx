import { Button } from '@mantine/core'
import type { Sharing } from '../../../proxy/contract/sharing.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { useSetSetting } from '../settings/settingsQueries.ts'
import { useSetSharing } from './sharingQueries.ts'

interface SharingProblemProps {
  readonly sharing: Sharing
  readonly onOpenSettings: () => void
}

/** Why sharing is off or limited, and what helps. It never moves to another port by itself: people have the link. */
export function SharingProblem({ sharing, onOpenSettings }: SharingProblemProps) {
  const again = useSetSharing()
  const port = useSetSetting<'sharing.port'>()
  const { problem, portTaken } = sharing
  if (problem === null) return null
  const free = portTaken?.free ?? null
  return (
    <Notice
      tone="attention"
      announce
      actions={
        <>
          {/* While it is off, the switch itself is how to try again, unless a port is in the way: and then it stays off. */}
          {(sharing.on || portTaken !== null) && (
            <Button variant="default" loading={again.isPending} onClick={() => again.mutate(sharing.on)}>
              Try again
            </Button>
          )}
          {free !== null && (
            <Button
              variant="default"
              loading={port.isPending}
              onClick={() => port.mutate({ name: 'sharing.port', value: free })}
            >
              Use {free}: people need the new link
            </Button>
          )}
          {free === null && (
            <Button variant="default" onClick={onOpenSettings}>
              Open settings
            </Button>
          )}
        </>
      }
    >
      {problem}
      <Refusal error={again.error ?? port.error} />
    </Notice>
  )
}
