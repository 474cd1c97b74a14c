import { allow, oneWorkflowOnly } from './rights.ts'
import type { Decision } from './rights.ts'

/** Parts of a path below the API; `*` one segment that the resource looks at further. */
const readable: readonly (readonly string[])[] = [
  ['jobs'],
  ['jobs', '*'],
  ['outputs'],
  ['outputs', '*'],
  ['outputs', '*', 'file'],
  ['outputs', '*', 'thumbnail'],
]

/** Of `jobs/*` these are no jobs: they tell of everything that somebody has in the line. */
const notOneJob: ReadonlySet<string> = new Set(['use', 'queue'])

/**
 * What a key for one workflow reaches, by the path alone: that workflow, running it, uploads to start from, and reading
 * jobs and outputs, of which the resources show those that this workflow made.
 */
export function decideOneWorkflow(
  workflowId: string,
  { method, segments }: { readonly method: string; readonly segments: readonly string[] },
): Decision {
  const isReading = method === 'GET' || method === 'HEAD'
  const path = segments[0] === 'api' ? segments.slice(1) : segments
  if (path.join('/') === 'upload/image' && path.length === 2) return method === 'POST' ? allow : oneWorkflowOnly
  if (segments.slice(0, 3).join('/') !== 'gatehouse/api/v1') return oneWorkflowOnly
  const rest = segments.slice(3)
  if (rest[0] === 'workflows' && rest[1] === workflowId) {
    const isAllowed = rest.length === 2 ? isReading : rest.length === 3 && rest[2] === 'run' && method === 'POST'
    return isAllowed ? allow : oneWorkflowOnly
  }
  if (!isReading || (rest[0] === 'jobs' && notOneJob.has(rest[1] ?? ''))) return oneWorkflowOnly
  return readable.some((shape) => fits(shape, rest)) ? allow : oneWorkflowOnly
}

const fits = (shape: readonly string[], segments: readonly string[]): boolean =>
  shape.length === segments.length && shape.every((part, at) => part === '*' || part === segments[at])
