import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { rangeWords } from './workflowWords.ts'
import styles from './workflows.module.css'

/** What people will have before them, in short: their own page draws it in full. */
export function FormPreview({ inputs }: { readonly inputs: readonly WorkflowInput[] }) {
  return (
    <aside className={styles.preview} aria-label="What people see">
      <p className="quiet small">What people see</p>
      {inputs.length === 0 && <p className="quiet">Only a button.</p>}
      <dl>
        {inputs.map((input) => (
          <div key={input.key}>
            <dt>{input.label.trim() === '' ? '…' : input.label}</dt>
            <dd data-kind={input.kind}>{shownValue(input)}</dd>
            <dd className="quiet small">{input.hint === '' ? rangeWords(input) : input.hint}</dd>
          </div>
        ))}
      </dl>
      <p className={styles.runButton} aria-hidden>
        Run
      </p>
    </aside>
  )
}

function shownValue(input: WorkflowInput): string {
  switch (input.kind) {
    case 'seed':
      return 'Random'
    case 'image':
      return 'Choose a picture'
    case 'boolean':
      return input.default ? 'On' : 'Off'
    case 'text':
    case 'integer':
    case 'number':
    case 'choice':
      return input.default === '' ? ' ' : String(input.default)
  }
}
