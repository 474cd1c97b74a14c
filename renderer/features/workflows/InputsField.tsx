import { useState } from 'react'
import { count } from '../../words/names.ts'
import { FormPreview } from './FormPreview.tsx'
import { toInputs } from './inputDraft.ts'
import type { InputDraft } from './inputDraft.ts'
import { InputRow } from './InputRow.tsx'
import { groupByNode } from './workflowWords.ts'
import styles from './workflows.module.css'

interface InputsFieldProps {
  readonly drafts: readonly InputDraft[]
  readonly onChange: (drafts: readonly InputDraft[]) => void
  readonly titleOf: (nodeId: string) => string
}

/** What people may change, by node, beside the form that comes of it. */
export function InputsField({ drafts, onChange, titleOf }: InputsFieldProps) {
  // What was ticked at the beginning stands above for good, so that nothing jumps away from under the pointer.
  const [first] = useState(() => new Set(drafts.filter(({ on }) => on).map(({ input }) => input.key)))
  const rest = drafts.filter(({ input }) => !first.has(input.key))
  const change = (next: InputDraft) =>
    onChange(drafts.map((draft) => (draft.input.key === next.input.key ? next : draft)))
  const show = (shown: readonly InputDraft[]) => <NodeGroups drafts={shown} onChange={change} titleOf={titleOf} />
  return (
    <div className={styles.inputs}>
      <div className={styles.editor}>
        {first.size === 0 ? (
          <p className="quiet">Nothing is ticked: people run it as it is, and a seed alone makes each picture new.</p>
        ) : (
          show(drafts.filter(({ input }) => first.has(input.key)))
        )}
        {rest.length > 0 && (
          <details className={styles.more} open={first.size === 0}>
            <summary>{first.size === 0 ? count(rest.length, 'input') : count(rest.length, 'more input')}</summary>
            {show(rest)}
          </details>
        )}
      </div>
      <FormPreview inputs={toInputs(drafts)} />
    </div>
  )
}

interface NodeGroupsProps {
  readonly drafts: readonly InputDraft[]
  readonly onChange: (draft: InputDraft) => void
  readonly titleOf: (nodeId: string) => string
}

function NodeGroups({ drafts, onChange, titleOf }: NodeGroupsProps) {
  const groups = groupByNode(drafts.map((draft) => ({ key: draft.input.key, draft })))
  return groups.map(({ nodeId, items }) => (
    <section key={nodeId} className={styles.node} aria-label={titleOf(nodeId)}>
      <h2>{titleOf(nodeId)}</h2>
      <ul>
        {items.map(({ key, draft }) => (
          <InputRow key={key} draft={draft} onChange={onChange} />
        ))}
      </ul>
    </section>
  ))
}
