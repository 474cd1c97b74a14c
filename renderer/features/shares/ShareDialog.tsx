import { Button, Checkbox, TextInput } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { Output } from '../../../proxy/contract/outputs.ts'
import type { Share } from '../../../proxy/contract/shares.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { countOutputs } from '../outputs/outputWords.ts'
import { useShareOutputs, useShares } from './shareQueries.ts'
import styles from './ShareDialog.module.css'
import { sharedWords } from './shareWords.ts'

interface ShareDialogProps {
  readonly outputs: readonly Output[]
  readonly onClose: () => void
  /** With whom they are shared has changed. */
  readonly onDone: () => void
}

const nobody: Share = { everybody: false, people: [] }

/** Shows pictures to others, by name or to everybody, and ends that. */
export function ShareDialog(props: ShareDialogProps) {
  const { outputs, onClose } = props
  const only = outputs.length === 1 ? outputs[0] : undefined
  const shares = useShares(only?.id)
  const title = only === undefined ? `Share ${countOutputs(outputs)}` : 'Share this picture'
  if (only === undefined) return <Choice {...props} title={title} before={undefined} />
  if (shares.data !== undefined && !shares.isFetching) return <Choice {...props} title={title} before={shares.data} />
  return (
    <Dialog title={title} onClose={onClose}>
      {shares.isError ? (
        <ErrorState
          what="With whom it is shared could not be read."
          error={shares.error}
          onRetry={() => void shares.refetch()}
        />
      ) : (
        <LoadingRows rows={3} />
      )}
    </Dialog>
  )
}

interface ChoiceProps extends ShareDialogProps {
  readonly title: string
  /** Undefined: several, each perhaps with others. */
  readonly before: Share | undefined
}

function Choice({ outputs, title, before, onClose, onDone }: ChoiceProps) {
  const start = before ?? nobody
  const [everybody, setEverybody] = useState(start.everybody)
  const [names, setNames] = useState<readonly string[]>(start.people.map(({ name }) => name))
  const [draft, setDraft] = useState('')
  const share = useShareOutputs()
  const drafted = draft.trim()
  const all = drafted === '' || names.includes(drafted) ? names : [...names, drafted]
  const wantsNobody = !everybody && all.length === 0
  const isShared = before === undefined ? outputs.some((output) => output.shared) : !isNobody(before)
  const send = (to: { everybody: boolean; names: readonly string[] }) =>
    share.mutate(
      { outputs, ...to },
      {
        onSuccess: () => {
          onDone()
          onClose()
        },
      },
    )
  const add = (event: SyntheticEvent) => {
    event.preventDefault()
    setNames(all)
    setDraft('')
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <div className={styles.root}>
        {before !== undefined && <p role="status">{sharedWords(before)}</p>}
        {before === undefined && isShared && (
          <p>Some of them are shared already. What you choose here replaces that.</p>
        )}
        <Checkbox
          label="Everybody who has an account here"
          checked={everybody}
          onChange={(event) => setEverybody(event.currentTarget.checked)}
        />
        <form onSubmit={add} className={styles.add}>
          <TextInput
            label="Or some people, by their names here"
            value={draft}
            maxLength={40}
            autoComplete="off"
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" disabled={drafted === ''}>
            Add
          </Button>
        </form>
        {names.length > 0 && (
          <ul className={styles.names} aria-label="Who sees it">
            {names.map((name) => (
              <li key={name}>
                {name}
                <button
                  type="button"
                  aria-label={`Not ${name}`}
                  onClick={() => setNames(names.filter((other) => other !== name))}
                >
                  <IconX size={16} aria-hidden />
                </button>
              </li>
            ))}
          </ul>
        )}
        <p className="quiet small">
          They see the picture and its name. The prompt, the workflow and where it was taken stay with you. Guests see
          nothing of it.
        </p>
        <Refusal error={share.error} />
      </div>
      <DialogActions>
        {isShared && (
          <Button
            variant="light"
            color="red"
            loading={share.isPending && share.variables.names.length === 0 && !share.variables.everybody}
            onClick={() => send({ everybody: false, names: [] })}
          >
            Stop sharing
          </Button>
        )}
        <Button disabled={wantsNobody} loading={share.isPending} onClick={() => send({ everybody, names: all })}>
          Share
        </Button>
      </DialogActions>
    </Dialog>
  )
}

const isNobody = ({ everybody, people }: Share): boolean => !everybody && people.length === 0
