import { describe, expect, it } from 'vitest'
import { nodeRisks, nodeRiskWords } from '../../../proxy/contract/nodes.ts'
import type { EngineNode } from '../../../proxy/contract/nodes.ts'
import type { NodeRules } from '../../../proxy/contract/roleRules.ts'
import { createNodeJudge, explainVerdict } from '../../../proxy/policy/nodeVerdict.ts'
import { harmless, makeNode } from '../../support/nodesFixture.ts'

const allowanceOf = ({ name, packPath, sourceHash }: EngineNode) => ({ name, packPath, sourceHash })
const judge = (node: EngineNode, rules: Partial<NodeRules> = {}, isSeen = true) =>
  createNodeJudge({ ...harmless, ...rules })(node, isSeen)
const shell = makeNode('RunShell', { pack: 'terminal', risks: ['startsPrograms'] })

describe('what a role may do with a class', () => {
  it('allows stock classes without a risk, also such as came with an update', () => {
    expect(judge(makeNode('KSampler'), {}, false)).toBe('allowed')
  })

  it.each(nodeRisks)('risky class by default: %s is not allowed', (risk) => {
    expect(judge(makeNode('X', { risks: [risk] }))).toBe('risky')
    expect(judge(makeNode('X', { risks: [risk], pack: 'pack' }))).toBe('risky')
  })

  it('allows a risky class that the owner allowed exactly', () => {
    expect(judge(shell, { allowed: [allowanceOf(shell)] })).toBe('allowed')
  })

  it.each<[string, Partial<EngineNode>]>([
    ['taken over by another pack of the same class name', { packPath: '/engine/custom_nodes/evil', pack: 'evil' }],
    ['of a pack updated after the allowance', { sourceHash: '2'.repeat(64) }],
    ['of a source that cannot be read any more', { sourceHash: '' }],
    ['of another class of the same pack', { name: 'RunShellAsRoot' }],
  ])('an allowance does not hold for a class %s', (_name, changed) => {
    expect(judge({ ...shell, ...changed }, { allowed: [allowanceOf(shell)] }, false)).toBe('new')
    expect(judge({ ...shell, ...changed }, { allowed: [allowanceOf(shell)] }, true)).not.toBe('allowed')
  })

  it('no allowance holds for what has no hash', () => {
    const unreadable = makeNode('X', { sourceHash: '', risks: ['unknownSource'] })
    expect(judge(unreadable, { allowed: [allowanceOf(unreadable)] })).toBe('risky')
    expect(judge({ ...unreadable, pack: 'pack', risks: [] }, { allowed: [allowanceOf(unreadable)] })).toBe('new')
  })

  it('new pack since the last look: its classes are not allowed, however harmless', () => {
    expect(judge(makeNode('Sharpen', { pack: 'filters' }), {}, false)).toBe('new')
    expect(judge(makeNode('Sharpen', { pack: 'filters' }), {}, true)).toBe('allowed')
  })

  it('what is forbidden stays so, whatever else is said', () => {
    expect(judge(shell, { allowed: [allowanceOf(shell)], denied: ['RunShell'] })).toBe('denied')
    expect(judge(makeNode('KSampler'), { denied: ['KSampler'] })).toBe('denied')
  })

  it('the rule for everything asks nothing', () => {
    expect(judge(shell, { rule: 'all', denied: ['RunShell'] }, false)).toBe('allowed')
  })
})

describe('why not, in words', () => {
  it('names every risk and who can change it', () => {
    const words = explainVerdict('risky', { risks: ['runsCode', 'usesNetwork', 'canHang'] })
    for (const risk of ['runsCode', 'usesNetwork', 'canHang'] as const) expect(words).toContain(nodeRiskWords[risk])
    expect(words).toMatch(/^It can run .*, talks to .* and can make .*\. The owner of this computer can allow it\.$/)
  })

  it.each(['new', 'denied'] as const)('says what %s means', (verdict) => {
    expect(explainVerdict(verdict, { risks: [] })).toMatch(/^It .+\. The owner of this computer can allow it\.$/)
  })
})
