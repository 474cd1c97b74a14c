import type { CreatedKey } from '../../../proxy/contract/keys.ts'
import { ShownOnceDialog } from '../../components/DoneDialog.tsx'
import { SecretField } from '../../components/SecretField.tsx'
import { createRecipes } from './recipes.ts'
import { RecipeTabs } from './RecipeTabs.tsx'

interface CreatedKeyDialogProps {
  readonly created: CreatedKey
  /** Where tools reach ComfyUI: it stands in the lines to paste. */
  readonly url: string
  readonly onClose: () => void
}

/** A new key, the only time it is seen, with lines ready to paste. */
export function CreatedKeyDialog({ created, url, onClose }: CreatedKeyDialogProps) {
  return (
    <ShownOnceDialog title={`The key “${created.name}”`} onClose={onClose} size={640}>
      <SecretField label="Shown only now. Copy it to where it is used." secret={created.key} copyLabel="Copy the key" />
      <RecipeTabs recipes={createRecipes({ url, userName: created.user.name, key: created.key })} />
    </ShownOnceDialog>
  )
}
