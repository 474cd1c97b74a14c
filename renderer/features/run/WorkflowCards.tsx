import { IconPhotoSpark } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Workflow } from '../../../proxy/contract/workflows.ts'
import { workflowPicturePath } from './runQueries.ts'
import styles from './WorkflowCards.module.css'

/** What one may run, to choose from; what cannot run now says why. */
export function WorkflowCards({ workflows }: { readonly workflows: readonly Workflow[] }) {
  return (
    <ul className={styles.cards}>
      {workflows.map((workflow) => (
        <li key={workflow.id} className={styles.item}>
          {workflow.problem === null ? (
            <Link to="/run" search={{ workflow: workflow.id }} className={styles.card}>
              <CardContent workflow={workflow} />
            </Link>
          ) : (
            <div className={styles.card} data-disabled="true">
              <CardContent workflow={workflow} />
            </div>
          )}
        </li>
      ))}
    </ul>
  )
}

function CardContent({ workflow }: { readonly workflow: Workflow }) {
  const { name, description, problem } = workflow
  return (
    <>
      <CardPicture workflow={workflow} />
      <span className={styles.words}>
        <span className={styles.name}>{name}</span>
        {problem === null ? (
          description !== '' && <span className={styles.description}>{description}</span>
        ) : (
          <span className={styles.problem}>Not now: {problem}</span>
        )}
      </span>
    </>
  )
}

function CardPicture({ workflow }: { readonly workflow: Workflow }) {
  const [broken, setBroken] = useState(false)
  return (
    <span className={styles.picture}>
      {workflow.hasPicture && !broken ? (
        <img src={workflowPicturePath(workflow)} alt="" decoding="async" onError={() => setBroken(true)} />
      ) : (
        <IconPhotoSpark size={32} stroke={1.5} aria-hidden />
      )}
    </span>
  )
}
