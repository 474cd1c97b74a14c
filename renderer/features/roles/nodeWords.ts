import { nodeRiskWords } from '../../../proxy/contract/nodes.ts'
import type { JudgedNodeAnswer } from '../../../proxy/contract/nodeAnswers.ts'
import { isBuiltIn, roleWords } from '../../../proxy/contract/roles.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { foldText, joinNames } from '../../words/names.ts'

export type NodeFilter = 'kept' | 'unseen' | 'risky' | 'all'

/** Which classes a view of the list shows. */
export const nodeFilters: Readonly<Record<NodeFilter, { title: string; fits: (node: JudgedNodeAnswer) => boolean }>> = {
  kept: { title: 'Kept from them', fits: ({ verdict }) => verdict !== 'allowed' },
  unseen: { title: 'New or changed', fits: ({ unseen }) => unseen !== null },
  risky: {
    title: 'Open, with a risk',
    fits: ({ verdict, risks }) => verdict === 'allowed' && risks.length > 0,
  },
  all: { title: 'All', fits: () => true },
}

/** By name, title, category and pack. */
export function findNodes(
  nodes: readonly JudgedNodeAnswer[],
  filter: NodeFilter,
  search: string,
): readonly JudgedNodeAnswer[] {
  const wanted = foldText(search)
  const { fits } = nodeFilters[filter]
  return nodes.filter(
    (node) =>
      fits(node) &&
      (wanted === '' ||
        [node.name, node.title, node.category, node.pack].some((text) => foldText(text).includes(wanted))),
  )
}

/** Custom packs first, because they are what an owner added; ComfyUI's own last. */
export function sortByPack(nodes: readonly JudgedNodeAnswer[]): readonly JudgedNodeAnswer[] {
  const place = ({ pack }: JudgedNodeAnswer): number => (pack === 'comfyui' ? 1 : 0)
  return [...nodes].sort(
    (left, right) =>
      place(left) - place(right) ||
      left.pack.localeCompare(right.pack, 'en') ||
      left.title.localeCompare(right.title, 'en') ||
      left.name.localeCompare(right.name, 'en'),
  )
}

/** What the class can do that is not for everybody: "can start programs on this computer and …". */
export const riskWords = ({ risks }: Pick<JudgedNodeAnswer, 'risks'>): string =>
  joinNames(risks.map((risk) => nodeRiskWords[risk]))

/** Why the class stands where it stands, in one sentence. */
export function nodeSentence(node: JudgedNodeAnswer): string {
  const risks = riskWords(node)
  const what = risks === '' ? '' : `It ${risks}.`
  switch (node.unseen) {
    case 'new':
      return `Came since you last looked. ${what}`.trim()
    case 'changed':
      return `Its program changed since you last looked. ${what}`.trim()
    case null:
      return what
  }
}

/** "Creators", "people with the role Kids". */
export const peopleOfRole = ({ id, title }: Pick<RoleAnswer, 'id' | 'title'>): string =>
  isBuiltIn(id) ? `${roleWords[id].title}s` : `people with the role “${title}”`

/** The button names for whom. */
export const allowWords = (role: Pick<RoleAnswer, 'id' | 'title'>): string =>
  `Allow for ${isBuiltIn(role.id) ? peopleOfRole(role) : role.title}`

/** Every risk among them once, in the words of a sentence about one of them. */
export const allRisks = (nodes: readonly JudgedNodeAnswer[]): readonly string[] =>
  [...new Set(nodes.flatMap(({ risks }) => risks))].map((risk) => nodeRiskWords[risk])

export const toAllowance = ({ name, packPath, sourceHash }: JudgedNodeAnswer) => ({ name, packPath, sourceHash })
