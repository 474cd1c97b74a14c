import { nodeRiskWords } from '../contract/nodes.ts'
import type { EngineNode, NodeVerdict } from '../contract/nodes.ts'
import type { NodeAllowance, NodeRules } from '../contract/roleRules.ts'

/** What is known of a class beside its rules. */
export type NodeFacts = Pick<EngineNode, 'name' | 'pack' | 'packPath' | 'sourceHash' | 'risks'>

/** What ComfyUI brings along itself. */
export const STOCK_PACK = 'comfyui'

/**
 * Whether an allowance is for exactly this class. Class taken over: the same name of another pack, or of another version
 * of it, is another class. What cannot be read has no hash, so nothing can be said about it.
 */
export const isAllowanceFor = (allowance: NodeAllowance, { name, packPath, sourceHash }: NodeFacts): boolean =>
  sourceHash !== '' && allowance.name === name && allowance.packPath === packPath && allowance.sourceHash === sourceHash

export type NodeJudge = (node: NodeFacts, isSeen: boolean) => NodeVerdict

/** What a role may do with each class. `isSeen`: the owner has looked at it as it is. Nobody asks for administrators. */
export function createNodeJudge({ rule, allowed, denied }: NodeRules): NodeJudge {
  if (rule === 'all') return () => 'allowed'
  const forbidden = new Set(denied)
  const allowances = new Map<string, NodeAllowance[]>()
  for (const one of allowed) allowances.set(one.name, [...(allowances.get(one.name) ?? []), one])
  return (node, isSeen) => {
    if (forbidden.has(node.name)) return 'denied'
    if (allowances.get(node.name)?.some((allowance) => isAllowanceFor(allowance, node)) === true) return 'allowed'
    if (node.pack !== STOCK_PACK && !(isSeen && node.sourceHash !== '')) return 'new'
    return node.risks.length > 0 ? 'risky' : 'allowed'
  }
}

/** Why a class may not be used and who can change that: sentences. */
export function explainVerdict(verdict: Exclude<NodeVerdict, 'allowed'>, { risks }: Pick<NodeFacts, 'risks'>): string {
  switch (verdict) {
    case 'denied':
      return `It is forbidden to your role. ${WHO}`
    case 'new':
      return `It came or changed since the owner of this computer last looked at the nodes. ${WHO}`
    case 'risky':
      return `It ${joinWords(risks.map((risk) => nodeRiskWords[risk]))}. ${WHO}`
  }
}

const WHO = 'The owner of this computer can allow it.'

function joinWords(words: readonly string[]): string {
  const last = words[words.length - 1] ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}
