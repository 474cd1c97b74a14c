import { Link } from '@tanstack/react-router'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useWorkflows } from './workflowQueries.ts'
import { readyWords } from './workflowWords.ts'
import styles from './workflows.module.css'

/** While people can come in: what there is for them to run. */
export function ReadyToRun() {
  const workflows = useWorkflows().data
  if (workflows === undefined) return null
  return (
    <p className={styles.ready}>
      <IconPlayerPlay size={16} aria-hidden />
      <span>
        {readyWords(workflows)} <Link to="/workflows">{workflows.length === 0 ? 'Publish one' : 'Workflows'}</Link>
      </span>
    </p>
  )
}
