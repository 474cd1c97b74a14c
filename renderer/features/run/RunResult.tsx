import { Button } from '@mantine/core'
import { IconDownload, IconShare2 } from '@tabler/icons-react'
import { useState } from 'react'
import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import type { Output } from '../../../proxy/contract/outputs.ts'
import type { Workflow } from '../../../proxy/contract/workflows.ts'
import { errorMessage } from '../../api/apiError.ts'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Notice } from '../../components/Notice.tsx'
import { downloadPath, filePath, thumbnailPath } from '../outputs/outputLinks.ts'
import { describeSize, kindWord } from '../outputs/outputWords.ts'
import { toRunTime } from '../jobs/jobWords.ts'
import type { RunNotes } from './runMemory.ts'
import { useJobOutputs } from './runQueries.ts'
import styles from './RunView.module.css'
import { canShareFiles, readForSharing, shareFile } from './sharePicture.ts'
import { StartPictureButton } from './StartPictureButton.tsx'

interface RunResultProps {
  readonly job: JobAnswer
  readonly workflows: readonly Workflow[]
  readonly notes: RunNotes
  readonly onForm: (workflowId: string) => void
}

/** What a run made: large, to save, to share and to go on with. */
export function RunResult({ job, workflows, notes, onForm }: RunResultProps) {
  const outputs = useJobOutputs(job)
  const same = notes.sameRunAs(job.id)
  const isEmpty = outputs.data?.length === 0 && same !== undefined
  const earlier = useJobOutputs({ id: same?.jobId ?? '', files: null }, isEmpty)
  const [chosen, setChosen] = useState(0)
  const list = (isEmpty ? earlier.data : outputs.data) ?? []
  const output = list[Math.min(chosen, list.length - 1)]
  if (outputs.isPending || (output === undefined && (outputs.isFetching || earlier.isFetching)))
    return <LoadingRows rows={4} rowHeight={80} />
  if (outputs.data === undefined) {
    return (
      <ErrorState what="The result could not be read." error={outputs.error} onRetry={() => void outputs.refetch()} />
    )
  }
  if (output === undefined)
    return (
      <Notice tone="plain">
        It is done. It made no new file: with the same form, the one from before stands among your pictures.
      </Notice>
    )
  return (
    <section className={styles.result} aria-label="Result">
      {output.jobId !== job.id && <Notice tone="plain">Nothing was changed, so this is what came of it before.</Notice>}
      <Shown output={output} />
      {list.length > 1 && <Strip outputs={list} chosen={output.id} onChoose={setChosen} />}
      <p className={styles.facts}>
        {[describeSize(output), job.runSeconds === null ? '' : `took ${toRunTime(job.runSeconds)}`]
          .filter(Boolean)
          .join(', ')}
      </p>
      <div className={styles.actions}>
        <TakeAlong key={output.id} output={output} />
        {output.kind === 'image' && (
          <StartPictureButton output={output} workflows={workflows} notes={notes} onForm={onForm} />
        )}
      </div>
    </section>
  )
}

function Shown({ output }: { readonly output: Output }) {
  const { id, name, kind, width, height } = output
  const size = width === null || height === null ? {} : { width, height }
  switch (kind) {
    case 'image':
      return (
        <a className={styles.open} href={filePath(id)} target="_blank" rel="noreferrer">
          <img
            key={id}
            className={styles.picture}
            src={filePath(id)}
            alt={`Result: ${name}`}
            style={{ backgroundImage: `url("${thumbnailPath(id, 256)}")` }}
            {...size}
          />
        </a>
      )
    case 'video':
      // Made here, without words to be read along.
      return (
        <video
          key={id}
          className={styles.picture}
          src={filePath(id)}
          aria-label={name}
          controls
          playsInline
          {...size}
        />
      )
    case 'audio':
      return <audio key={id} className={styles.sound} src={filePath(id)} aria-label={name} controls />
    case 'model':
    case 'other':
      return <p className={styles.file}>{name}</p>
  }
}

interface StripProps {
  readonly outputs: readonly Output[]
  readonly chosen: string
  readonly onChoose: (index: number) => void
}

function Strip({ outputs, chosen, onChoose }: StripProps) {
  return (
    <ul className={styles.strip} aria-label="All of this run">
      {outputs.map(({ id, kind }, index) => (
        <li key={id}>
          <button
            type="button"
            aria-label={`${kindWord(kind)} ${index + 1} of ${outputs.length}`}
            aria-pressed={id === chosen}
            onClick={() => onChoose(index)}
          >
            {kind === 'image' || kind === 'video' ? (
              <img src={thumbnailPath(id, 72)} alt="" decoding="async" />
            ) : (
              <span aria-hidden>{index + 1}</span>
            )}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Share where the phone can hand the file on, and save everywhere. */
function TakeAlong({ output }: { readonly output: Output }) {
  const [ready, setReady] = useState<File>()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  const share = async (): Promise<void> => {
    setBusy(true)
    setFailure(undefined)
    try {
      const file = ready ?? (await readForSharing(output))
      setReady((await shareFile(file)) === 'again' ? file : undefined)
    } catch (error) {
      setFailure(errorMessage(error))
    }
    setBusy(false)
  }
  return (
    <>
      {canShareFiles(output) && (
        <Button
          variant="default"
          leftSection={<IconShare2 size={18} aria-hidden />}
          loading={busy}
          onClick={() => void share()}
        >
          {ready === undefined ? 'Share' : 'Ready: share it now'}
        </Button>
      )}
      <Button
        component="a"
        variant="default"
        href={downloadPath(output.id)}
        download={output.name}
        leftSection={<IconDownload size={18} aria-hidden />}
      >
        Save
      </Button>
      {failure !== undefined && <Notice tone="problem">{failure}</Notice>}
    </>
  )
}
