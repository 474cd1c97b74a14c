import { Checkbox, NumberInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { Notice } from '../../components/Notice.tsx'
import { foldText } from '../../words/names.ts'
import { inputError } from './inputDraft.ts'
import type { InputDraft } from './inputDraft.ts'
import { rangeWords, splitKey } from './workflowWords.ts'
import styles from './workflows.module.css'

interface InputRowProps {
  readonly draft: InputDraft
  readonly onChange: (draft: InputDraft) => void
}

/** One input of a node: whether people may change it and, if so, what they see and within what. */
export function InputRow({ draft, onChange }: InputRowProps) {
  const { possible, input, on } = draft
  const error = inputError(draft)
  const change = (next: WorkflowInput) => onChange({ ...draft, input: next })
  return (
    <li className={styles.input} data-on={on}>
      <Checkbox
        label={possible.label}
        description={on ? splitKey(input.key).input : `${rangeWords(possible)}. Now: ${nowWords(possible)}`}
        checked={on}
        onChange={(event) => onChange({ ...draft, on: event.currentTarget.checked })}
      />
      {on && (
        <div className={styles.inputFields}>
          <TextInput
            label="What people read"
            value={input.label}
            maxLength={80}
            onChange={(event) => change({ ...input, label: event.currentTarget.value })}
          />
          <TextInput
            label="Hint (if needed)"
            value={input.hint}
            maxLength={200}
            onChange={(event) => change({ ...input, hint: event.currentTarget.value })}
          />
          <RangeFields input={input} possible={possible} onChange={change} />
          {error !== undefined && (
            <div className={styles.wide}>
              <Notice tone="problem" announce>
                {error}
              </Notice>
            </div>
          )}
        </div>
      )}
    </li>
  )
}

const nowLength = 60

function nowWords(input: WorkflowInput): string {
  if (input.kind === 'boolean') return input.default ? 'on' : 'off'
  const text = String(input.default)
  return text === '' ? 'empty' : text.length > nowLength ? `${text.slice(0, nowLength)}…` : text
}

interface RangeFieldsProps {
  readonly input: WorkflowInput
  readonly possible: WorkflowInput
  readonly onChange: (input: WorkflowInput) => void
}

function RangeFields({ input, possible, onChange }: RangeFieldsProps) {
  switch (input.kind) {
    case 'integer':
    case 'number': {
      const number = (label: string, value: number, set: (next: number) => WorkflowInput) => (
        <NumberInput
          label={label}
          value={value}
          allowDecimal={input.kind === 'number'}
          hideControls
          onChange={(next) => typeof next === 'number' && onChange(set(next))}
        />
      )
      return (
        <>
          {number('Smallest', input.min, (min) => ({ ...input, min }))}
          {number('Largest', input.max, (max) => ({ ...input, max }))}
        </>
      )
    }
    case 'text':
      return (
        <NumberInput
          label="Characters at most"
          value={input.maxLength}
          min={1}
          max={20_000}
          allowDecimal={false}
          hideControls
          onChange={(maxLength) => typeof maxLength === 'number' && onChange({ ...input, maxLength })}
        />
      )
    case 'choice':
      return possible.kind === 'choice' ? (
        <ChoiceFields input={input} all={possible.choices} onChange={onChange} />
      ) : null
    case 'boolean':
    case 'seed':
    case 'image':
      return <p className={`quiet small ${styles.wide ?? ''}`}>{rangeWords(input)}.</p>
  }
}

/** Of thousands of models, the rest is found by typing. */
const shownChoices = 100
const searchChoicesFrom = 12

interface ChoiceFieldsProps {
  readonly input: Extract<WorkflowInput, { kind: 'choice' }>
  readonly all: readonly string[]
  readonly onChange: (input: WorkflowInput) => void
}

function ChoiceFields({ input, all, onChange }: ChoiceFieldsProps) {
  const [search, setSearch] = useState('')
  const chosen = new Set(input.choices)
  const found = all.filter((choice) => foldText(choice).includes(foldText(search)))
  const set = (next: ReadonlySet<string>) => onChange({ ...input, choices: all.filter((choice) => next.has(choice)) })
  const toggle = (choice: string, on: boolean) => {
    const next = new Set(chosen)
    if (on) next.add(choice)
    else next.delete(choice)
    set(next)
  }
  return (
    <details className={styles.wide}>
      <summary>
        People choose among {chosen.size === all.length ? `all ${all.length}` : `${chosen.size} of ${all.length}`}
      </summary>
      {all.length >= searchChoicesFrom && (
        <TextInput
          aria-label={`Search the choices of ${input.label}`}
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <div className={styles.choiceList} tabIndex={0} role="group" aria-label={`Choices of ${input.label}`}>
        {found.slice(0, shownChoices).map((choice) => (
          <Checkbox
            key={choice}
            label={choice}
            checked={chosen.has(choice)}
            disabled={choice === input.default}
            onChange={(event) => toggle(choice, event.currentTarget.checked)}
          />
        ))}
        {found.length > shownChoices && (
          <p className="quiet small">{found.length - shownChoices} more: type to find them.</p>
        )}
      </div>
      <p className="quiet small">“{input.default}” is chosen in the workflow, so it stays among them.</p>
    </details>
  )
}
