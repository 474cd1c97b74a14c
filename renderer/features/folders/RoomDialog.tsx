import { Button, NativeSelect, NumberInput, Radio } from '@mantine/core'
import { useState } from 'react'
import type { ReactNode, SyntheticEvent } from 'react'
import { z } from 'zod'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import styles from './folders.module.css'
import { roomErrors, roomUnits } from './roomDraft.ts'
import type { RoomDraft, RoomMode } from './roomDraft.ts'

const modeSchema = z.enum(['default', 'own', 'none'])
const unitSchema = z.enum(roomUnits)

/** What stands beside each choice; a mode without words is not offered. */
export interface RoomWords {
  readonly quota: Readonly<Partial<Record<RoomMode, string>>>
  readonly retention: Readonly<Partial<Record<RoomMode, string>>>
}

interface RoomDialogProps {
  readonly title: string
  readonly words: RoomWords
  readonly initial: RoomDraft
  readonly busy: boolean
  readonly error: unknown
  readonly onSave: (draft: RoomDraft) => void
  readonly onClose: () => void
}

/** How much room, and for how long: of one person, or of everybody. */
export function RoomDialog({ title, words, initial, busy, error, onSave, onClose }: RoomDialogProps) {
  const [draft, setDraft] = useState(initial)
  const [tried, setTried] = useState(false)
  const errors = roomErrors(draft)
  const change = (part: Partial<RoomDraft>) => setDraft((old) => ({ ...old, ...part }))
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    setTried(true)
    if (Object.keys(errors).length === 0) onSave(draft)
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} className={styles.form}>
        <Choice
          label="Room"
          words={words.quota}
          mode={draft.quotaMode}
          onMode={(quotaMode) => change({ quotaMode })}
          field={
            <div className={styles.amount}>
              <NumberInput
                aria-label="Room"
                value={draft.quota}
                onChange={(quota) => change({ quota })}
                error={tried ? errors.quota : undefined}
                min={0}
                decimalScale={1}
                hideControls
              />
              <NativeSelect
                aria-label="Unit"
                data={[...roomUnits]}
                value={draft.unit}
                onChange={(event) => change({ unit: unitSchema.parse(event.currentTarget.value) })}
              />
            </div>
          }
        />
        <Choice
          label="Pictures are cleared away"
          words={words.retention}
          mode={draft.retentionMode}
          onMode={(retentionMode) => change({ retentionMode })}
          field={
            <NumberInput
              aria-label="Days"
              value={draft.days}
              onChange={(days) => change({ days })}
              error={tried ? errors.days : undefined}
              min={1}
              max={3650}
              allowDecimal={false}
              suffix=" days"
              hideControls
            />
          }
        />
        <p className="quiet small">
          What somebody marks “Keep” is never cleared away. What is cleared away can come back for 7 days.
        </p>
        <Refusal error={error} />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Keep as it is
          </Button>
          <Button type="submit" loading={busy}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly words: Readonly<Partial<Record<RoomMode, string>>>
  readonly mode: RoomMode
  readonly onMode: (mode: RoomMode) => void
  readonly field: ReactNode
}

function Choice({ label, words, mode, onMode, field }: ChoiceProps) {
  return (
    <Radio.Group label={label} value={mode} onChange={(value) => onMode(modeSchema.parse(value))}>
      <div className={styles.choices}>
        {words.default !== undefined && <Radio value="default" label={words.default} />}
        {words.own !== undefined && <Radio value="own" label={words.own} />}
        {mode === 'own' && <div className={styles.field}>{field}</div>}
        {words.none !== undefined && <Radio value="none" label={words.none} />}
      </div>
    </Radio.Group>
  )
}
