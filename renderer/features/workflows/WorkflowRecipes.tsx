import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { CreatedKey } from '../../../proxy/contract/keys.ts'
import type { Workflow } from '../../../proxy/contract/workflows.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { SecretField } from '../../components/SecretField.tsx'
import { Section } from '../../components/Section.tsx'
import { RecipeTabs } from '../keys/RecipeTabs.tsx'
import { useCreateKey } from '../keys/keyQueries.ts'
import { usePeople } from '../people/peopleQueries.ts'
import { useSharing } from '../sharing/sharingQueries.ts'
import { createWorkflowRecipes } from './workflowRecipes.ts'
import styles from './workflows.module.css'

/** Lines that run this workflow from a program, and a key that can do nothing else. */
export function WorkflowRecipes({ workflow }: { readonly workflow: Workflow }) {
  const [created, setCreated] = useState<CreatedKey>()
  const sharing = useSharing().data
  const url = sharing?.primaryUrl ?? sharing?.localUrl ?? 'http://127.0.0.1:8190'
  const key = created?.key ?? 'YOUR_KEY'
  const recipes = createWorkflowRecipes({ url, workflowId: workflow.id, inputs: workflow.inputs, key })
  return (
    <Section title="Use it from a program" hint="A script, a home automation, a web page of your own.">
      {created === undefined ? (
        <NewKey workflow={workflow} onCreated={setCreated} />
      ) : (
        <SecretField
          label={`The key “${created.name}”, shown only now. It stands in the lines below.`}
          secret={created.key}
          copyLabel="Copy the key"
        />
      )}
      <div className={styles.recipes}>
        <RecipeTabs recipes={recipes} />
      </div>
    </Section>
  )
}

interface NewKeyProps {
  readonly workflow: Workflow
  readonly onCreated: (key: CreatedKey) => void
}

const nameLength = 60

function NewKey({ workflow, onCreated }: NewKeyProps) {
  const people = (usePeople().data ?? []).filter((person) => !person.disabled)
  const [chosen, setChosen] = useState<string>()
  const create = useCreateKey()
  const userId = chosen ?? people.find((person) => person.isOwner)?.id
  const make = () =>
    create.mutate(
      {
        name: workflow.name.slice(0, nameLength).trim(),
        workflowId: workflow.id,
        ...(userId === undefined ? {} : { userId }),
      },
      { onSuccess: onCreated },
    )
  return (
    <div className={styles.newKey}>
      <NativeSelect
        label="In whose name"
        description="Whose pictures they are and whose limits count."
        value={userId ?? ''}
        onChange={(event) => setChosen(event.currentTarget.value)}
        data={people.map(({ id, name, isOwner }) => ({ value: id, label: isOwner ? `${name} (you)` : name }))}
      />
      <Button loading={create.isPending} onClick={make}>
        Make a key for this workflow alone
      </Button>
      <p className="quiet small">It runs this workflow and fetches what comes out of it. Nothing else.</p>
      <Refusal error={create.error} />
    </div>
  )
}
