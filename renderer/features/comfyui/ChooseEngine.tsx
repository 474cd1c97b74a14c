import { Button, Checkbox, Radio } from '@mantine/core'
import { IconAlertTriangle, IconFolder } from '@tabler/icons-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import type { Candidate } from '../../../electron/ipc/schema.ts'
import { describeBytes } from '../../../proxy/contract/byteWords.ts'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import styles from './ChooseEngine.module.css'
import { kindWords } from './installationWords.ts'
import {
  useCandidates,
  useChooseEngine,
  usePageProgress,
  usePickFolder,
  usePracticePage,
} from './installationQueries.ts'
import type { EngineSelection } from './installationQueries.ts'

const practice = 'practice'

interface ChooseEngineProps {
  /** What the button says: "Start" at first, "Use this one" later. */
  readonly action: string
  /** The folder in use now. */
  readonly current?: string | undefined
  readonly onChosen: () => void
  readonly secondary?: ReactNode
}

/** The ComfyUI installations of this computer, a folder of one's own, or the practice engine; then one button. */
export function ChooseEngine({ action, current, onChosen, secondary }: ChooseEngineProps) {
  const candidates = useCandidates()
  const pick = usePickFolder()
  const choose = useChooseEngine()
  const [picked, setPicked] = useState<string | undefined>(current)
  const [withPage, setWithPage] = useState(true)
  const page = usePracticePage(true)
  const usable = candidates.data?.find((candidate) => candidate.problems.length === 0)
  const value = picked ?? (candidates.isPending ? undefined : (usable?.directory ?? practice))
  const selection = toSelection(value, candidates.data ?? [], withPage && page.data?.installed === false)
  const start = () => {
    if (selection !== undefined) choose.mutate(selection, { onSuccess: onChosen })
  }
  const pickFolder = () =>
    pick.mutate(undefined, { onSuccess: (found) => found !== null && setPicked(found.directory) })
  return (
    <div className={styles.root}>
      <Radio.Group value={value ?? ''} onChange={setPicked} aria-label="Which ComfyUI?">
        <div className={styles.options}>
          <FoundInstallations candidates={candidates} />
          <Option value={practice} title="Practice engine" tag="No graphics card needed">
            <p className="quiet">
              Small and built in. It makes simple pictures, so you can see everything work before ComfyUI is installed.
            </p>
            {value === practice && page.data !== undefined && (
              <PageConsent
                installed={page.data.installed}
                bytes={page.data.downloadBytes}
                checked={withPage}
                onChange={setWithPage}
                downloading={choose.isPending && withPage && !page.data.installed}
              />
            )}
          </Option>
        </div>
      </Radio.Group>
      <Refusal error={pick.error ?? choose.error} />
      <div className={styles.actions}>
        <Button size="md" onClick={start} loading={choose.isPending} disabled={selection === undefined}>
          {action}
        </Button>
        <Button
          size="md"
          variant="default"
          leftSection={<IconFolder size={16} aria-hidden />}
          loading={pick.isPending}
          onClick={pickFolder}
        >
          Choose a folder
        </Button>
        {secondary}
      </div>
    </div>
  )
}

function FoundInstallations({ candidates }: { readonly candidates: ReturnType<typeof useCandidates> }) {
  if (candidates.isPending) {
    return (
      <div>
        <p className="quiet">Looking for ComfyUI on this computer</p>
        <LoadingRows rows={1} rowHeight={72} />
      </div>
    )
  }
  if (candidates.isError) {
    return (
      <ErrorState
        what="Looking for ComfyUI did not work."
        error={candidates.error}
        onRetry={() => void candidates.refetch()}
      />
    )
  }
  if (candidates.data.length === 0) {
    return <p className="quiet">No ComfyUI was found on this computer. If you have one, choose its folder below.</p>
  }
  return candidates.data.map((candidate) => <InstallationOption key={candidate.directory} candidate={candidate} />)
}

function InstallationOption({ candidate }: { readonly candidate: Candidate }) {
  const broken = candidate.problems.length > 0
  return (
    <Option
      value={candidate.directory}
      title={candidate.version === null ? 'ComfyUI' : `ComfyUI ${candidate.version}`}
      tag={kindWords(candidate.kind)}
      disabled={broken}
    >
      <p className={styles.path}>{candidate.directory}</p>
      {broken && (
        <ul className={styles.problems}>
          {candidate.problems.map((problem) => (
            <li key={problem}>
              <IconAlertTriangle size={16} aria-hidden />
              {problem}
            </li>
          ))}
        </ul>
      )}
    </Option>
  )
}

interface OptionProps {
  readonly value: string
  readonly title: string
  readonly tag: string
  readonly disabled?: boolean
  readonly children: ReactNode
}

function Option({ value, title, tag, disabled = false, children }: OptionProps) {
  return (
    <div className={styles.option} data-disabled={disabled}>
      <Radio
        value={value}
        disabled={disabled}
        label={
          <span className={styles.title}>
            <strong>{title}</strong> <span className="quiet small">{tag}</span>
          </span>
        }
      />
      <div className={styles.details}>{children}</div>
    </div>
  )
}

interface PageConsentProps {
  readonly installed: boolean
  readonly bytes: number
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly downloading: boolean
}

function PageConsent({ installed, bytes, checked, onChange, downloading }: PageConsentProps) {
  const progress = usePageProgress()
  if (installed) return <p className="quiet">ComfyUI’s own page is already here.</p>
  if (downloading) {
    const done = progress?.doneBytes ?? 0
    const total = progress?.totalBytes ?? bytes
    return (
      <div>
        <progress value={done} max={total} aria-label="Download of ComfyUI’s page" />
        <p className="small quiet numbers">
          {describeBytes(done)} of {describeBytes(total)}
        </p>
      </div>
    )
  }
  return (
    <Checkbox
      label={`Download ComfyUI’s own page (${describeBytes(bytes)}, once)`}
      description="From Python’s public package index, checked before use. Without it you get a plain page."
      checked={checked}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  )
}

function toSelection(
  value: string | undefined,
  candidates: readonly Candidate[],
  withPage: boolean,
): EngineSelection | undefined {
  if (value === practice) return { kind: 'practice', withPage }
  const candidate = candidates.find(({ directory }) => directory === value)
  return candidate?.problems.length === 0 ? { kind: 'comfyui', directory: candidate.directory } : undefined
}
