import { Button, NativeSelect, TextInput } from '@mantine/core'
import type { SyntheticEvent } from 'react'
import { errorMessage } from '../../api/apiError.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { EffectNotice } from './EffectNotice.tsx'
import { KindChoice, ThisComputerChoice } from './RuleChoices.tsx'
import { addWords, noAnswerWords } from './ruleWords.ts'
import styles from './rules.module.css'
import { useTypedRule } from './useTypedRule.ts'
import type { RuleForm } from './useTypedRule.ts'

const ends = [
  { value: '', label: 'Never' },
  { value: '1', label: 'In an hour' },
  { value: '24', label: 'In a day' },
  { value: '168', label: 'In a week' },
  { value: '720', label: 'In 30 days' },
]

interface AddRuleDialogProps {
  /** Filled in already. */
  readonly address?: string
  readonly onClose: () => void
}

/** One rule, with whom it would meet while it is typed. */
export function AddRuleDialog({ address = '', onClose }: AddRuleDialogProps) {
  const rule = useTypedRule(address, onClose)
  const { fields, effect } = rule
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    rule.save()
  }
  return (
    <Dialog title="A rule for addresses" onClose={onClose} size={520}>
      <form className={styles.form} onSubmit={submit}>
        <RuleFields rule={rule} />
        <div className={styles.effect}>
          <RuleEffect rule={rule} />
        </div>
        <Refusal error={rule.refusal} />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" miw={180} disabled={effect === undefined} loading={rule.isSaving}>
            {addWords(fields.kind, effect)}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

function RuleFields({ rule: { fields, change, problem } }: { readonly rule: RuleForm }) {
  return (
    <>
      <KindChoice
        label="What the rule does"
        denyWords="Keep out"
        value={fields.kind}
        onChange={(kind) => change({ kind })}
      />
      <TextInput
        label="Address or network"
        description="192.168.1.40, or 192.168.1.0/24 for all that begin with 192.168.1."
        value={fields.cidr}
        onChange={(event) => change({ cidr: event.currentTarget.value })}
        error={problem !== null}
        aria-describedby={problem === null ? undefined : 'rule-problem'}
        autoComplete="off"
        data-autofocus
      />
      <div className={styles.pair}>
        <TextInput
          label="Comment"
          placeholder="Why"
          maxLength={200}
          value={fields.comment}
          onChange={(event) => change({ comment: event.currentTarget.value })}
        />
        <NativeSelect
          label="Ends"
          value={fields.hours}
          onChange={(event) => change({ hours: event.currentTarget.value })}
          data={ends}
        />
      </div>
      {fields.kind === 'allow' && (
        <ThisComputerChoice
          description="Programs here, such as Krita, and ComfyUI in this window come the same way as everybody. So does a tunnel."
          checked={fields.alsoThisComputer}
          onChange={(alsoThisComputer) => change({ alsoThisComputer })}
        />
      )}
    </>
  )
}

function RuleEffect({ rule: { fields, effect, problem } }: { readonly rule: RuleForm }) {
  return (
    <>
      {problem !== null && (
        <p id="rule-problem" role="alert" className={styles.problem}>
          {errorMessage(problem)}
        </p>
      )}
      {effect !== undefined && (
        <>
          <p className="small">
            <span className={styles.address}>{effect.cidr}</span>, {effect.addresses}.
          </p>
          <EffectNotice effect={effect} />
          {fields.kind === 'deny' && <p className="quiet small">Who is kept out gets no answer. {noAnswerWords}</p>}
        </>
      )}
    </>
  )
}
