import { Button, NumberInput } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import { roleWords } from '../../../proxy/contract/accounts.ts'
import type { Role } from '../../../proxy/contract/accounts.ts'
import type { Settings } from '../../../proxy/contract/settings.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { useSetLimits } from './jobQueries.ts'
import { draftErrors, toDraft, toLimits } from './limitDraft.ts'
import type { LimitDraft } from './limitDraft.ts'
import styles from './LimitsDialog.module.css'

interface LimitsDialogProps {
  readonly role: Role
  readonly limits: Settings['jobs.limits']
  readonly weights: Settings['jobs.weights']
  readonly onClose: () => void
}

const fields: readonly { name: keyof LimitDraft; label: string; hint: string }[] = [
  { name: 'queued', label: 'Jobs in line', hint: 'Waiting or running.' },
  { name: 'minutes', label: 'Minutes a job', hint: 'One that takes longer is stopped.' },
  { name: 'jobsPerDay', label: 'Jobs a day', hint: 'From midnight to midnight.' },
  {
    name: 'gpuMinutesPerDay',
    label: 'GPU minutes a day',
    hint: 'Minutes of the graphics card, counted while their jobs run.',
  },
  {
    name: 'weight',
    label: 'Share',
    hint: 'With 2, twice as much of the graphics card as somebody with 1 when both wait.',
  },
]

/** Changes what one person of a role may use. An empty field is no limit. */
export function LimitsDialog({ role, limits, weights, onClose }: LimitsDialogProps) {
  const [draft, setDraft] = useState(() => toDraft(limits[role], weights[role]))
  const save = useSetLimits()
  const errors = draftErrors(draft)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (Object.keys(errors).length > 0) return
    const next = toLimits(draft, limits[role])
    const body = {
      'jobs.limits': { ...limits, [role]: next.limits },
      'jobs.weights': { ...weights, [role]: next.weight },
    }
    save.mutate(body, { onSuccess: onClose })
  }
  return (
    <Dialog title={`Limits of ${roleWords[role].title}`} onClose={onClose}>
      <form onSubmit={submit}>
        <p className="quiet">
          For each person with this role. An empty field is no limit. It counts for new jobs at once.
        </p>
        <div className={styles.fields}>
          {fields.map(({ name, label, hint }) => (
            <NumberInput
              key={name}
              label={label}
              description={hint}
              value={draft[name]}
              onChange={(value) => setDraft((old) => ({ ...old, [name]: value }))}
              error={errors[name]}
              min={0}
              decimalScale={name === 'minutes' ? 1 : name === 'weight' ? 2 : 0}
              placeholder={name === 'weight' ? '' : 'No limit'}
              hideControls
            />
          ))}
        </div>
        <Refusal error={save.error} />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Keep as it is
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
