import { Button, Checkbox, NativeSelect, SegmentedControl, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import type { IpRule } from '../../../proxy/contract/ipRules.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { errorMessage } from '../../api/apiError.ts'
import { EffectNotice } from './EffectNotice.tsx'
import { useAddRule, useRulePreview } from './ruleQueries.ts'
import { addWords, noAnswerWords } from './ruleWords.ts'
import styles from './rules.module.css'

const hourMs = 3_600_000

const ends = [
  { value: '', label: 'Never' },
  { value: '1', label: 'In an hour' },
  { value: '24', label: 'In a day' },
  { value: '168', label: 'In a week' },
  { value: '720', label: 'In 30 days' },
]

const kinds = [
  { value: 'deny', label: 'Keep out' },
  { value: 'allow', label: 'Let only these in' },
]

interface AddRuleDialogProps {
  /** Filled in already. */
  readonly address?: string
  readonly onClose: () => void
}

/** One rule, with whom it would meet while it is typed. */
export function AddRuleDialog({ address = '', onClose }: AddRuleDialogProps) {
  const [kind, setKind] = useState<IpRule['kind']>('deny')
  const [cidr, setCidr] = useState(address)
  const [comment, setComment] = useState('')
  const [hours, setHours] = useState('')
  const [alsoThisComputer, setAlsoThisComputer] = useState(true)
  const withThis = kind === 'allow' && alsoThisComputer
  const typed = { kind, cidr: cidr.trim(), alsoThisComputer: withThis }
  const [asked] = useDebouncedValue(typed, 200)
  const preview = useRulePreview(asked.cidr.length < 2 ? undefined : asked)
  const isCurrent = JSON.stringify(asked) === JSON.stringify(typed)
  const isWrong = isCurrent && preview.isError
  const effect = isCurrent ? preview.data : undefined
  const add = useAddRule()
  const save = () => {
    if (effect === undefined) return
    const expiresAt = hours === '' ? null : new Date(Date.now() + Number(hours) * hourMs).toISOString()
    // What it does stands above the button and in it.
    add.mutate({ ...typed, comment, expiresAt, confirm: true }, { onSuccess: onClose })
  }
  return (
    <Dialog title="A rule for addresses" onClose={onClose} size={520}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <SegmentedControl
          aria-label="What the rule does"
          fullWidth
          value={kind}
          onChange={(value) => setKind(value === 'allow' ? 'allow' : 'deny')}
          data={kinds}
        />
        <TextInput
          label="Address or network"
          description="192.168.1.40, or 192.168.1.0/24 for all that begin with 192.168.1."
          value={cidr}
          onChange={(event) => setCidr(event.currentTarget.value)}
          error={isWrong}
          aria-describedby={isWrong ? 'rule-problem' : undefined}
          autoComplete="off"
          data-autofocus
        />
        <div className={styles.pair}>
          <TextInput
            label="Comment"
            placeholder="Why"
            maxLength={200}
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
          />
          <NativeSelect
            label="Ends"
            value={hours}
            onChange={(event) => setHours(event.currentTarget.value)}
            data={ends}
          />
        </div>
        {kind === 'allow' && (
          <Checkbox
            label="Let this computer in, too"
            description="Programs here, such as Krita, and ComfyUI in this window come the same way as everybody. So does a tunnel."
            checked={alsoThisComputer}
            onChange={(event) => setAlsoThisComputer(event.currentTarget.checked)}
          />
        )}
        <div className={styles.effect}>
          {isWrong && (
            <p id="rule-problem" role="alert" className={styles.problem}>
              {errorMessage(preview.error)}
            </p>
          )}
          {effect !== undefined && (
            <>
              <p className="small">
                <span className={styles.address}>{effect.cidr}</span>, {effect.addresses}.
              </p>
              <EffectNotice effect={effect} />
              {kind === 'deny' && <p className="quiet small">Who is kept out gets no answer. {noAnswerWords}</p>}
            </>
          )}
        </div>
        <Refusal error={add.error} />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" miw={180} disabled={effect === undefined} loading={add.isPending}>
            {addWords(kind, effect)}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
