import { describe, expect, it } from 'vitest'
import type { ReachDifference } from '../../../proxy/contract/reach.ts'
import { describeReach, findGains } from '../../../proxy/policy/reach.ts'
import type { JudgedNode, ReachOf, ReachWorld } from '../../../proxy/policy/reach.ts'
import { makeUpPrincipal } from '../../../proxy/probe/madeUpPeople.ts'
import type { ProbedRole } from '../../../proxy/probe/madeUpPeople.ts'
import { probedRole } from '../../support/probedRoles.ts'

const node = (name: string, more: Partial<JudgedNode> = {}): JudgedNode => ({
  name,
  title: name,
  category: '',
  pack: 'comfyui',
  packPath: '/c',
  sourceHash: 'ab',
  risks: [],
  verdict: 'allowed',
  ...more,
})

const world: ReachWorld = {
  routes: [
    { method: 'GET', path: '/queue', pack: 'comfyui', isNew: false },
    { method: 'POST', path: '/prompt', pack: 'comfyui', isNew: false },
    { method: 'POST', path: '/free', pack: 'comfyui', isNew: false },
    { method: 'HEAD', path: '/queue', pack: 'comfyui', isNew: false },
    { method: 'POST', path: '/shell-tools/run/{name}', pack: 'shell-tools', isNew: true },
  ],
  nodes: [
    node('KSampler'),
    node('Shell', { pack: 'shell-tools', risks: ['startsPrograms', 'runsCode'], verdict: 'risky' }),
    node('Regex', { risks: ['canHang'], verdict: 'allowed' }),
    node('Fresh', { pack: 'other', verdict: 'new' }),
  ],
  models: [
    { folder: 'checkpoints', names: ['a', 'b', 'c'] },
    { folder: 'loras', names: ['l'] },
    { folder: 'vae', names: [] },
  ],
  workflows: [{ id: 'w'.repeat(16), name: 'Poster', risky: ['Shell'] }],
}

const reachOf = (role: ProbedRole, here: ReachWorld = world): ReachOf => {
  const principal = makeUpPrincipal(role, { accountId: 'a'.repeat(16), sessionId: 's' })
  return { principal, world: here, reach: describeReach({ principal, models: role.models }, here) }
}
const nothing: ReachDifference = { permissions: [], nodes: [], models: [], workflows: [], routes: [] }

describe('what a role reaches', () => {
  it('of ComfyUI’s addresses, by the table of routes and the policy', () => {
    expect(reachOf(probedRole('creator')).reach.routes).toEqual({
      total: 4,
      reached: 3,
      fromPacks: 1,
      packsReached: [],
      unseen: [{ method: 'POST', path: '/shell-tools/run/{name}', pack: 'shell-tools' }],
    })
    expect(reachOf(probedRole('viewer')).reach.routes?.reached).toBe(0)
    expect(reachOf(probedRole('administrator')).reach.routes?.packsReached).toHaveLength(1)
  })

  it('of nodes, with why the others are not open', () => {
    expect(reachOf(probedRole('creator')).reach.nodes).toEqual({
      total: 4,
      allowed: 2,
      refused: [
        { verdict: 'risky', risk: 'startsPrograms', count: 1, examples: ['Shell'] },
        { verdict: 'new', risk: null, count: 1, examples: ['Fresh'] },
      ],
      risky: [{ name: 'Regex', title: 'Regex', pack: 'comfyui', risks: ['canHang'] }],
    })
  })

  it('no node by itself when it builds no workflows', () => {
    expect(reachOf(probedRole('user')).reach.nodes).toEqual({ total: 4, allowed: 0, refused: [], risky: [] })
  })

  it('only the model files of its rules, and none where it never meets a model', () => {
    const limited = probedRole('user', { models: { checkpoints: ['a', 'gone'] } })
    expect(reachOf(limited).reach.models).toEqual([
      { folder: 'checkpoints', total: 3, allowed: ['a'], unlimited: false },
      { folder: 'loras', total: 1, allowed: ['l'], unlimited: true },
    ])
    expect(reachOf(probedRole('viewer')).reach.models.every(({ allowed }) => allowed.length === 0)).toBe(true)
  })

  it('published workflows only with the permission to run some', () => {
    expect(reachOf(probedRole('guest')).reach.workflows.map(({ name }) => name)).toEqual(['Poster'])
    expect(reachOf(probedRole('viewer')).reach.workflows).toEqual([])
  })

  it('is not guessed while ComfyUI has not said what it has', () => {
    const unknown = reachOf(probedRole('creator'), { ...world, routes: undefined, nodes: undefined }).reach
    expect(unknown.nodes).toBeNull()
    expect(unknown.routes).toBeNull()
  })
})

describe('what a change gains', () => {
  it('is nothing without a change', () => {
    const creator = reachOf(probedRole('creator'))
    expect(findGains(creator, creator)).toEqual(nothing)
  })

  it('names permissions, addresses, nodes, models and workflows', () => {
    const before = reachOf(probedRole('viewer'))
    const after = reachOf(probedRole('creator'))
    const gains = findGains(before, after)
    expect(gains.permissions).toContain('graphs')
    expect(gains.routes.map(({ path }) => path)).toEqual(['/queue', '/prompt', '/free'])
    expect(gains.nodes.map(({ name }) => name)).toEqual(['KSampler', 'Regex'])
    expect(gains.models).toEqual([
      { folder: 'checkpoints', names: ['a', 'b', 'c'] },
      { folder: 'loras', names: ['l'] },
    ])
    expect(gains.workflows.map(({ name }) => name)).toEqual(['Poster'])
    expect(findGains(after, before)).toEqual(nothing)
  })

  it('is a class that was allowed in spite of its risk', () => {
    const opened = {
      ...world,
      nodes: world.nodes?.map((one) => (one.name === 'Shell' ? { ...one, verdict: 'allowed' as const } : one)),
    }
    const gains = findGains(reachOf(probedRole('creator')), reachOf(probedRole('creator'), opened))
    expect(gains).toEqual({
      ...nothing,
      nodes: [{ name: 'Shell', title: 'Shell', pack: 'shell-tools', risks: ['startsPrograms', 'runsCode'] }],
    })
  })
})
