import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { ChoiceField } from './ChoiceField.tsx'
import { NumberField } from './NumberField.tsx'
import { PictureField } from './PictureField.tsx'
import { isStartPicture } from './runDraft.ts'
import type { DraftValue } from './runDraft.ts'
import { SeedField } from './SeedField.tsx'
import { SwitchField } from './SwitchField.tsx'
import { TextField } from './TextField.tsx'

interface FormFieldProps {
  readonly input: WorkflowInput
  readonly value: DraftValue
  readonly problem: string | undefined
  readonly onChange: (value: DraftValue) => void
}

/** The control of one input of a workflow, by its kind. */
export function FormField({ input, value, problem, onChange }: FormFieldProps) {
  const text = typeof value === 'string' ? value : ''
  switch (input.kind) {
    case 'text':
      return <TextField input={input} value={text} problem={problem} onChange={onChange} />
    case 'integer':
    case 'number':
      return <NumberField input={input} value={text} problem={problem} onChange={onChange} />
    case 'choice':
      return <ChoiceField input={input} value={text} problem={problem} onChange={onChange} />
    case 'boolean':
      return <SwitchField input={input} value={value === true} onChange={onChange} />
    case 'seed':
      return <SeedField input={input} value={text} problem={problem} onChange={onChange} />
    case 'image':
      return (
        <PictureField
          input={input}
          value={isStartPicture(value) ? value : undefined}
          problem={problem}
          onChange={onChange}
        />
      )
  }
}
