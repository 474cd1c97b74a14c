import type { WorkflowGrants } from '../../../proxy/contract/workflows.ts'
import { usePeople } from '../people/peopleQueries.ts'
import { describeGrant } from './grantWords.ts'
import { ReachList } from './ReachList.tsx'
import { useRoles } from './roleQueries.ts'

interface ReachLineProps {
  readonly grants: WorkflowGrants
}

/** Whom a grant lets run a workflow. Nothing while that is not known. */
export function ReachLine({ grants }: ReachLineProps) {
  const people = usePeople().data
  const roles = useRoles().data
  if (people === undefined || roles === undefined) return null
  return <ReachList sentences={describeGrant({ grants, people, roles })} />
}
