import type { SavedDraft } from '../../../proxy/contract/workflowDrafts.ts'
import type { ManagedWorkflow, WorkflowGrants, WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { count, joinNames } from '../../words/names.ts'

/** A role or a person that a workflow can be granted to. */
export interface Grantee {
  readonly id: string
  readonly name: string
}

/** "Everybody, guests too", "Users, Mia", "Nobody yet". */
export function grantWords(grants: WorkflowGrants, roles: readonly Grantee[], people: readonly Grantee[]): string {
  if (grants.public) return 'Everybody, guests too'
  const named = [
    ...roles.filter(({ id }) => grants.roles.includes(id)),
    ...people.filter(({ id }) => grants.people.includes(id)),
  ]
  return named.length === 0 ? 'Nobody yet' : named.map(({ name }) => name).join(', ')
}

/** "User" → "Users": who has the role. */
export const rolePlural = (title: string): string => (!/[a-rt-wy]$/i.test(title) ? title : `${title}s`)

export const timesRunWords = (timesRun: number): string =>
  timesRun === 0 ? 'Not run yet' : timesRun === 1 ? 'Run once' : `Run ${timesRun.toLocaleString('en')} times`

/** "3.seed" → "3" and "seed": the node's id has no dot. */
export function splitKey(key: string): { readonly nodeId: string; readonly input: string } {
  const dot = key.indexOf('.')
  return { nodeId: key.slice(0, dot), input: key.slice(dot + 1) }
}

/** In their order, those of one node together. */
export function groupByNode<Item extends { readonly key: string }>(
  items: readonly Item[],
): readonly { readonly nodeId: string; readonly items: readonly Item[] }[] {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const { nodeId } = splitKey(item.key)
    const group = groups.get(nodeId)
    if (group === undefined) groups.set(nodeId, [item])
    else group.push(item)
  }
  return [...groups].map(([nodeId, group]) => ({ nodeId, items: group }))
}

/** What people can do with it: "1 to 50", "any of 12 choices". */
export function rangeWords(input: WorkflowInput): string {
  switch (input.kind) {
    case 'text':
      return `Text, up to ${count(input.maxLength, 'character')}`
    case 'integer':
    case 'number':
      return `A number from ${input.min} to ${input.max}`
    case 'boolean':
      return 'On or off'
    case 'choice':
      return input.choices.length === 1 ? 'One choice' : `One of ${input.choices.length} choices`
    case 'seed':
      return 'Drawn anew for each picture, or given'
    case 'image':
      return 'A picture that they upload'
  }
}

/** What is said of nodes that do more than others, before somebody publishes them. */
export function riskyWords(nodes: readonly string[]): string | undefined {
  if (nodes.length === 0) return undefined
  const which = nodes.length === 1 ? 'this node' : 'these nodes'
  const settings = 'with the settings that you publish here'
  return `People who run this run ${which} ${settings}: ${joinNames(nodes.map((name) => `“${name}”`))}. They cannot change the settings unless you tick them.`
}

/** "Version 3, published by Anna" */
export const versionWords = ({ version, publishedBy }: ManagedWorkflow['versions'][number]): string =>
  `Version ${version}, published by ${publishedBy}`

const namedWorkflows = 3

/** "Ready to run: Picture from words." */
export function readyWords(workflows: readonly Pick<ManagedWorkflow, 'name'>[]): string {
  if (workflows.length === 0) return 'No workflow is ready to run: only Creators can make pictures.'
  const named = workflows.slice(0, namedWorkflows).map(({ name }) => name)
  const more = workflows.length - named.length
  return `Ready to run: ${more === 0 ? joinNames(named) : `${named.join(', ')} and ${more} more`}.`
}

/** What the app's own window of ComfyUI has handed over since the last look. */
export const findArrival = (drafts: readonly SavedDraft[], before: ReadonlySet<string>): SavedDraft | undefined =>
  drafts.find(({ id, fromApp }) => fromApp && !before.has(id))
