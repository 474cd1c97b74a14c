import type { WorkflowGrants } from '../../../proxy/contract/workflows.ts'
import { usePeople } from '../people/peopleQueries.ts'
import { describeGrant } from './grantWords.ts'
import { ReachList } from './ReachList.tsx'
import { useRoles } from './roleQueries.ts'

interface ReachLineProps {
  readonly grants: WorkflowGrants
  /** Of the workflow's nodes, those with a risk. */
  readonly riskyNodes: readonly string[]
}

/** What a grant opens to whom, before it is saved. Nothing while that is not known. */
export function ReachLine({ grants, riskyNodes }: ReachLineProps) {
  const people = usePeople().data
  const roles = useRoles().data
  if (people === undefined || roles === undefined) return null
  return <ReachList sentences={describeGrant({ grants, riskyNodes, people, roles })} />
}
