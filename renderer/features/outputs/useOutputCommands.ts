import { useState } from 'react'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { errorMessage } from '../../api/apiError.ts'
import type { OutputFilter } from './gallerySearch.ts'
import { downloadOutputs } from './downloadOutputs.ts'
import { useKeepOutput, useRemoveOutputs, useRestoreOutputs } from './outputQueries.ts'
import { countOutputs } from './outputWords.ts'

/** What was done, to be said; `undo` while it can be taken back. */
export interface DoneMessage {
  readonly text: string
  readonly undo?: () => void
}

/** What can be done with pictures wherever they are shown. */
export interface OutputCommands {
  readonly remove: (outputs: readonly Output[]) => void
  readonly restore: (outputs: readonly Output[]) => void
  /** Marks all as kept, or none if all are. */
  readonly keep: (outputs: readonly Output[]) => void
  readonly download: (outputs: readonly Output[]) => void
  readonly message: DoneMessage | undefined
  readonly dismiss: () => void
}

/** Whether pressing "keep" marks these or takes the mark from them. */
export const willKeep = (outputs: readonly Output[]): boolean => outputs.some(({ keep }) => !keep)

export function useOutputCommands(filter: OutputFilter): OutputCommands {
  const [message, setMessage] = useState<DoneMessage>()
  const removing = useRemoveOutputs()
  const restoring = useRestoreOutputs(filter)
  const keeping = useKeepOutput()
  const fail = (what: string) => (error: unknown) => setMessage({ text: `${what} ${errorMessage(error)}` })
  const isRemovedView = filter.removed === true

  const restore = (outputs: readonly Output[]) => {
    if (outputs.length === 0) return
    restoring.mutate(outputs, {
      onSuccess: () => setMessage({ text: `${countOutputs(outputs)} put back.` }),
      onError: fail('Not put back.'),
    })
  }
  return {
    message,
    dismiss: () => setMessage(undefined),
    restore,
    remove: (outputs) => {
      if (outputs.length === 0 || isRemovedView) return
      setMessage({ text: `${countOutputs(outputs)} removed.`, undo: () => restore(outputs) })
      removing.mutate(outputs, { onError: fail('Not removed.') })
    },
    keep: (outputs) => {
      const keep = willKeep(outputs)
      const changing = outputs.filter((output) => output.keep !== keep)
      if (changing.length === 0 || isRemovedView) return
      keeping.mutate(
        { outputs: changing, keep },
        {
          onSuccess: () =>
            setMessage({
              text: keep ? `${countOutputs(changing)} kept.` : `${countOutputs(changing)} no longer kept.`,
            }),
          onError: fail(keep ? 'Not kept.' : 'Not changed.'),
        },
      )
    },
    download: (outputs) => {
      if (outputs.length === 0 || isRemovedView) return
      if (outputs.length > 1) setMessage({ text: `${countOutputs(outputs)} are being packed …` })
      downloadOutputs(outputs).then(() => setMessage(undefined), fail('Not downloaded.'))
    },
  }
}
