import { IconPhoto } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ManagedWorkflow } from '../../../proxy/contract/workflows.ts'
import { StateWord } from '../../components/StateWord.tsx'
import { useGrantees } from './granteeQueries.ts'
import { workflowPicturePath } from './workflowQueries.ts'
import { grantWords, timesRunWords } from './workflowWords.ts'
import styles from './workflows.module.css'

/** Every published workflow: picture, name, who may run it, how often it ran. */
export function WorkflowCards({ workflows }: { readonly workflows: readonly ManagedWorkflow[] }) {
  const grantees = useGrantees()
  return (
    <ul className={styles.cards}>
      {workflows.map((workflow) => (
        <li key={workflow.id}>
          <Link to="/workflows" search={{ open: workflow.id }} className={styles.card}>
            <span className={styles.cardPicture}>
              {workflow.hasPicture ? (
                <img src={workflowPicturePath(workflow)} alt="" loading="lazy" />
              ) : (
                <IconPhoto size={32} aria-hidden />
              )}
            </span>
            <span className={styles.cardWords}>
              <strong className={styles.cardName}>{workflow.name}</strong>
              {workflow.problem !== null && <StateWord tone="attention">{workflow.problem}</StateWord>}
              <span>{grantees === undefined ? ' ' : grantWords(workflow.grants, grantees.roles, grantees.people)}</span>
              <span className="quiet small">
                {timesRunWords(workflow.timesRun)}, version {workflow.version}
              </span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
