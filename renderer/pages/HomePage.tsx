import { Button } from '@mantine/core'
import { Navigate, useNavigate } from '@tanstack/react-router'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { Section } from '../components/Section.tsx'
import { useComfyui } from '../features/comfyui/comfyuiQueries.ts'
import { EngineSwitch } from '../features/comfyui/EngineSwitch.tsx'
import { FoldedLog } from '../features/comfyui/FoldedLog.tsx'
import { QueueLine } from '../features/jobs/QueueLine.tsx'
import { NeedsYou } from '../features/home/NeedsYou.tsx'
import { ConnectionList } from '../features/sharing/ConnectionList.tsx'
import { useSharing } from '../features/sharing/sharingQueries.ts'
import { SharingSwitch } from '../features/sharing/SharingSwitch.tsx'
import { homeHeadline } from '../features/sharing/sharingWords.ts'
import { ReadyToRun } from '../features/workflows/ReadyToRun.tsx'

/** Is it running, who can get in, does anything need me? */
export function HomePage() {
  const comfyui = useComfyui()
  const sharing = useSharing()
  const navigate = useNavigate()
  if (comfyui.isPending) return <LoadingRows rows={4} rowHeight={88} />
  if (comfyui.isError) {
    return (
      <>
        <PageHeader title="Home" />
        <ErrorState what="Home could not be read." error={comfyui.error} onRetry={() => void comfyui.refetch()} />
      </>
    )
  }
  if (comfyui.data.choice.kind === 'none') return <Navigate to="/welcome" />
  return (
    <>
      <PageHeader title={homeHeadline(comfyui.data, sharing.data)} />
      <NeedsYou comfyui={comfyui.data} />
      <EngineSwitch
        comfyui={comfyui.data}
        localUrl={sharing.data?.localUrl}
        onShowLog={() => void navigate({ to: '/comfyui', hash: 'log' })}
      >
        <QueueLine />
      </EngineSwitch>
      {sharing.data !== undefined && (
        <SharingSwitch
          sharing={sharing.data}
          onInvite={() => void navigate({ to: '/people', search: { invite: true } })}
          onOpenSettings={() => void navigate({ to: '/settings' })}
        />
      )}
      {sharing.data?.on === true && <ReadyToRun />}
      {sharing.isError && (
        <ErrorState what="Sharing could not be read." error={sharing.error} onRetry={() => void sharing.refetch()} />
      )}
      {sharing.data?.on === true && (
        <Section title="Here now">
          <ConnectionList />
        </Section>
      )}
      <FoldedLog>
        <Button variant="default" onClick={() => void navigate({ to: '/comfyui', hash: 'log' })}>
          Open the whole log
        </Button>
      </FoldedLog>
    </>
  )
}
