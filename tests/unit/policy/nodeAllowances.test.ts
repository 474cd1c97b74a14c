import { describe, expect, it } from 'vitest'
import type { NodeRules } from '../../../proxy/contract/roleRules.ts'
import { withAllowed, withForbidden } from '../../../proxy/policy/nodeAllowances.ts'
import { createNodeJudge } from '../../../proxy/policy/nodeVerdict.ts'
import { harmless, makeNode } from '../../support/nodesFixture.ts'

const shell = makeNode('RunShell', { pack: 'terminal', risks: ['startsPrograms'] })
const sampler = makeNode('KSampler')
const nodes = new Map([shell, sampler].map((node) => [node.name, node]))
const judge = (name: string, rules: NodeRules) => {
  const node = nodes.get(name)
  return node && createNodeJudge(rules)(node, true)
}
const exact = { name: 'RunShell', packPath: shell.packPath, sourceHash: shell.sourceHash }
const older = { ...exact, sourceHash: '0'.repeat(64) }
const foreign = { ...exact, packPath: '/elsewhere' }

describe('allowing a class to a role', () => {
  it('holds for exactly what was looked at, in place of an older version of the same pack', () => {
    expect(withAllowed({ ...harmless, allowed: [older, foreign] }, [exact]).allowed).toEqual([foreign, exact])
  })

  it('ends that it was forbidden', () => {
    const rules = withAllowed({ ...harmless, denied: ['RunShell', 'KSampler'] }, [exact])
    expect([rules.denied, judge('RunShell', rules)]).toEqual([['KSampler'], 'allowed'])
  })
})

describe('forbidding a class to a role', () => {
  it('takes every allowance of that name back; its risks go on speaking for themselves', () => {
    const rules = withForbidden({ ...harmless, allowed: [exact, foreign] }, ['RunShell'], judge)
    expect([rules, judge('RunShell', rules)]).toEqual([harmless, 'risky'])
  })

  it('forbids a harmless class, once', () => {
    const once = withForbidden(harmless, ['KSampler'], judge)
    expect(withForbidden(once, ['KSampler', 'KSampler'], judge)).toEqual({ ...harmless, denied: ['KSampler'] })
    expect(judge('KSampler', once)).toBe('denied')
  })

  it('forbids also what is not there now', () => {
    expect(withForbidden(harmless, ['Later'], judge).denied).toEqual(['Later'])
  })
})
