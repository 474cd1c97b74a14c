import { IconMinus, IconPlus } from '@tabler/icons-react'
import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { describedBy, FieldFrame, invalid, toFieldId } from './FieldFrame.tsx'
import type { FieldProps } from './FieldFrame.tsx'
import styles from './Fields.module.css'
import { filled, isSlider, stepped } from './fieldShape.ts'
import { parseNumber } from './runDraft.ts'

type NumberInput = Extract<WorkflowInput, { kind: 'integer' | 'number' }>

/** A number: by a slider where a finger can reach each value, otherwise by − and +; always by typing, too. */
export function NumberField({ input, value, problem, onChange }: FieldProps<NumberInput, string>) {
  const id = toFieldId(input.key)
  const number = parseNumber(value)
  const hint = input.hint === '' && !isSlider(input) ? `From ${input.min} to ${input.max}.` : input.hint
  const by = (steps: number) => onChange(stepped(input, number ?? input.default, steps))
  const field = (
    <input
      id={id}
      type="text"
      inputMode={input.kind === 'integer' && input.min >= 0 ? 'numeric' : 'decimal'}
      autoComplete="off"
      className={styles.number}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onBlur={() => {
        if (number !== undefined && number !== input.default && number >= input.min && number <= input.max) by(0)
      }}
      {...invalid(problem)}
      {...describedBy(id, hint, problem)}
    />
  )
  return (
    <FieldFrame id={id} label={input.label} hint={hint} problem={problem}>
      <div className={styles.numbers}>
        {isSlider(input) ? (
          <>
            <input
              type="range"
              className={styles.slider}
              style={{ backgroundSize: `${filled(input, number ?? input.default)}% 5px, 100% 5px` }}
              aria-label={`${input.label}, slider`}
              min={input.min}
              max={input.max}
              step={input.step}
              value={number ?? input.default}
              onChange={(event) => onChange(stepped(input, Number(event.currentTarget.value), 0))}
            />
            {field}
          </>
        ) : (
          <>
            <StepButton
              way="less"
              input={input}
              disabled={number !== undefined && number <= input.min}
              onPress={() => by(-1)}
            />
            {field}
            <StepButton
              way="more"
              input={input}
              disabled={number !== undefined && number >= input.max}
              onPress={() => by(1)}
            />
          </>
        )}
      </div>
    </FieldFrame>
  )
}

interface StepButtonProps {
  readonly way: 'less' | 'more'
  readonly input: NumberInput
  readonly disabled: boolean
  readonly onPress: () => void
}

function StepButton({ way, input, disabled, onPress }: StepButtonProps) {
  const Icon = way === 'less' ? IconMinus : IconPlus
  return (
    <button
      type="button"
      className={styles.square}
      aria-label={way === 'less' ? `Less ${input.label}` : `More ${input.label}`}
      disabled={disabled}
      onClick={onPress}
    >
      <Icon size={20} aria-hidden />
    </button>
  )
}
