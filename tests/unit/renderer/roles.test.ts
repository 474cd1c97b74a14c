import { describe, expect, it } from 'vitest'
import { rolePermissions } from '../../../proxy/contract/roles.ts'
import { probeResultSchema, reachSchema } from '../../../proxy/contract/reach.ts'
import { roleAnswerSchema } from '../../../proxy/contract/roleRules.ts'
import { judgedNodeSchema } from '../../../proxy/contract/nodeAnswers.ts'
import { describeGrant } from '../../../renderer/features/roles/grantWords.ts'
import { allRisks, findNodes, nodeSentence, sortByPack } from '../../../renderer/features/roles/nodeWords.ts'
import { probeSentences } from '../../../renderer/features/roles/probeWords.ts'
import { describeDifference, describeReach, someOf } from '../../../renderer/features/roles/reachWords.ts'
import { findChanges, limitModels, toEdited, togglePermission } from '../../../renderer/features/roles/roleDraft.ts'
import {
  aRole,
  givablePermissions,
  listRoleChoices,
  roleMeaning,
  stillUsedWords,
} from '../../../renderer/features/roles/roleWords.ts'
import { ownRoleWords } from '../../../renderer/features/account/roleWelcome.ts'
import type { Permission } from '../../../proxy/contract/permissions.ts'

const own = roleAnswerSchema.parse({
  id: 'evening-class',
  title: 'Evening class',
  meaning: '',
  base: 'creator',
  builtIn: false,
  permissions: rolePermissions.user,
  models: { checkpoints: ['a.safetensors'] },
  nodes: { rule: 'harmless', allowed: [], denied: [] },
  people: 2,
})

describe('what the page would save of a role', () => {
  it('is nothing while nothing differs, whatever the order', () => {
    const edited = { ...toEdited(own), permissions: [...own.permissions].reverse() }
    expect(findChanges(own, edited)).toBeUndefined()
  })

  it('gives what a permission needs with it, and takes with it what needs it', () => {
    const withGraphs = togglePermission({ permissions: [], models: {} }, 'graphs', true)
    expect(withGraphs.permissions).toEqual(['canvas', 'graphs', 'jobs', 'outputs'])
    expect(togglePermission(withGraphs, 'jobs', false).permissions).toEqual(['canvas', 'outputs'])
  })

  it('never holds what is reserved for administrators', () => {
    const reserved = { permissions: ['canvas', 'manager', 'packs', 'administer'] as const, models: {} }
    expect(togglePermission(reserved, 'account', true).permissions).toEqual(['canvas', 'account'])
    expect(givablePermissions).not.toContain('administer')
  })

  it('tells "none of that kind" from "all of that kind"', () => {
    const none = limitModels(toEdited(own), 'checkpoints', [])
    expect(findChanges(own, none)).toEqual({ models: { checkpoints: [] } })
    const all = limitModels(toEdited(own), 'checkpoints', undefined)
    expect(findChanges(own, all)).toEqual({ models: {} })
  })
})

describe('words of a role', () => {
  it('stand in the order people think in, the owner’s own before the one that may change everything', () => {
    expect(listRoleChoices([own]).map(({ title }) => title)).toEqual([
      'User',
      'Creator',
      'Viewer',
      'Guest',
      'Evening class',
      'Administrator',
    ])
  })

  it('tell somebody with the owner’s own role what it gives', () => {
    const ask = (permissions: readonly Permission[]) =>
      ownRoleWords({
        user: { id: 'm'.repeat(16), name: 'Mia', role: 'evening-class' },
        roleTitle: 'Evening class',
        permissions: [...permissions],
      })
    expect(ask(['canvas', 'graphs'])).toContain('Your role is Evening class. You may build workflows')
    expect(ask(['workflows'])).toContain('on the page Run')
    expect(ask(['account'])).toContain('nothing to open')
  })

  it('says of a copy without words what it is a copy of', () => {
    expect(roleMeaning(own)).toBe('A copy of Creator, with rules of its own.')
    expect(aRole('Administrator')).toBe('an Administrator')
    expect(aRole('Creator')).toBe('a Creator')
  })

  it('names who still has it', () => {
    expect(stillUsedWords(['Mia'])).toBe('Mia has this role. Give that person another one first.')
    expect(stillUsedWords(['Mia', 'Leo'])).toBe('Mia and Leo have this role. Give them another one first.')
  })
})

const node = (more: object) =>
  judgedNodeSchema.parse({
    name: 'ShellCommand',
    title: 'Shell Command',
    category: 'utils',
    pack: 'shell-tools',
    packPath: '/packs/shell-tools',
    sourceHash: 'ab',
    risks: ['startsPrograms'],
    verdict: 'risky',
    unseen: null,
    allowedByOwner: false,
    ...more,
  })

describe('the list of nodes', () => {
  const nodes = [
    node({ name: 'KSampler', title: 'KSampler', pack: 'comfyui', packPath: '/c', risks: [], verdict: 'allowed' }),
    node({}),
    node({ name: 'Zap', title: 'Zap', verdict: 'allowed', allowedByOwner: true }),
    node({ name: 'New', title: 'New', risks: [], verdict: 'new', unseen: 'new' }),
  ]

  it.each([
    ['kept', ['Shell Command', 'New']],
    ['unseen', ['New']],
    ['risky', ['Zap']],
  ] as const)('shows under "%s" %j', (filter, titles) => {
    expect(findNodes(nodes, filter, '').map(({ title }) => title)).toEqual(titles)
  })

  it('is searched by name, title and pack, and puts what was added before what ComfyUI brings', () => {
    expect(findNodes(nodes, 'all', 'SHELL').length).toBe(3)
    expect(sortByPack(nodes).map(({ title }) => title)).toEqual(['New', 'Shell Command', 'Zap', 'KSampler'])
  })

  it('says what a node can do and that it changed', () => {
    expect(nodeSentence(node({ unseen: 'changed' }))).toBe(
      'Its program changed since you last looked. It can start programs on this computer.',
    )
    expect(allRisks([node({}), node({ risks: ['startsPrograms', 'paid'] })])).toEqual([
      'can start programs on this computer',
      'costs money at another company’s service',
    ])
  })
})

const reach = reachSchema.parse({
  permissions: [...rolePermissions.creator],
  routes: { total: 95, reached: 70, fromPacks: 14, packsReached: [], unseen: [] },
  nodes: {
    total: 660,
    allowed: 612,
    refused: [
      { verdict: 'risky', risk: 'startsPrograms', count: 40, examples: ['A', 'B', 'C', 'D', 'E'] },
      { verdict: 'new', risk: null, count: 8, examples: ['F'] },
    ],
    risky: [],
  },
  models: [
    { folder: 'checkpoints', total: 9, allowed: ['a', 'b', 'c'], unlimited: false },
    { folder: 'loras', total: 4, allowed: ['a', 'b', 'c', 'd'], unlimited: true },
  ],
  workflows: [{ id: 'w'.repeat(16), name: 'Poster', risky: ['Shell Command'] }],
})
const texts = (sentences: readonly { text: string }[]) => sentences.map(({ text }) => text)

describe('what a role reaches, in words', () => {
  it('counts nodes, models, workflows and addresses', () => {
    expect(texts(describeReach(reach))).toEqual([
      'Builds workflows with 612 of 660 classes of nodes.',
      '48 are kept from them.',
      'Sees 3 of 9 checkpoints.',
      'Sees all models of every other kind.',
      'May run 1 workflow: Poster.',
      '“Poster” runs with nodes that are kept from them otherwise: Shell Command.',
      'Reaches 70 of the 95 addresses that ComfyUI answers.',
      'Reaches none of the 14 addresses that custom nodes bring.',
      'Sees nobody else’s pictures, jobs or files, except pictures that were shown to them.',
      'Cannot install anything, and cannot change people, roles or settings.',
    ])
  })

  it('says why nodes are kept back', () => {
    expect(describeReach(reach)[1]?.details).toEqual([
      '40 because each can start programs on this computer: A, B, C, D, E …',
      '8 because they came or changed since you last looked: F …',
    ])
  })

  it('warns of custom nodes’ addresses that are open', () => {
    const open = { method: 'POST', path: '/shell', pack: 'shell-tools' }
    const lines = describeReach({
      ...reach,
      routes: { total: 95, reached: 95, fromPacks: 14, packsReached: [open], unseen: [open] },
    })
    const warned = lines.filter(({ tone, text }) => tone === 'attention' && text.includes('address'))
    expect(texts(warned)).toEqual([
      'Reaches 1 of the 14 addresses that custom nodes bring.',
      '1 address came since you last looked, for administrators only.',
    ])
  })

  it('promises nothing while ComfyUI has not said what it has', () => {
    const lines = texts(describeReach({ ...reach, nodes: null, routes: null, models: [] }))
    expect(lines).toContain('Builds workflows. With which nodes is known once ComfyUI runs.')
    expect(lines).toContain('Which addresses ComfyUI answers is known once it runs.')
  })

  it('shows gains with a risk in amber, and losses never', () => {
    const difference = {
      permissions: [],
      nodes: [{ name: 'S', title: 'Shell', pack: 'shell-tools', risks: ['startsPrograms' as const] }],
      models: [],
      workflows: [],
      routes: [],
    }
    expect(describeDifference(difference, 'gains')).toEqual([
      {
        tone: 'attention',
        text: '1 class of nodes with a risk.',
        details: ['Shell (shell-tools) can start programs on this computer.'],
      },
    ])
    expect(describeDifference(difference, 'losses')[0]?.tone).toBe('good')
  })

  it('cuts long lists', () => {
    expect(someOf(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c, d and 2 more')
  })
})

describe('what a try says', () => {
  const result = probeResultSchema.parse({
    refused: 800,
    let: 20,
    notSent: 3,
    left: 0,
    mismatches: [],
    wrongModels: [],
    unseenRoutes: [],
    tookMs: 1234,
  })

  it('is good only when everything was as decided', () => {
    expect(probeSentences(result).verdict).toEqual({
      tone: 'good',
      text: 'All 820 answers were what was decided. It took 1.2 seconds.',
    })
    const wrong = { ...result, mismatches: [{ method: 'POST', path: '/x', expected: 403, seen: 200 }] }
    expect(probeSentences(wrong).verdict.tone).toBe('problem')
    expect(probeSentences(wrong).sentences[0]?.details).toEqual([
      'POST /x: should be refused with 403, came back as 200',
    ])
  })

  it('does not hide what it had no time for', () => {
    expect(texts(probeSentences({ ...result, left: 5 }).sentences)).toContain('5 requests not sent for want of time.')
  })
})

describe('what a grant opens', () => {
  const people = [
    { id: 'mia', name: 'Mia', role: 'user', disabled: false },
    { id: 'leo', name: 'Leo', role: 'user', disabled: true },
    { id: 'vera', name: 'Vera', role: 'viewer', disabled: false },
  ]
  const roles = (['user', 'viewer', 'creator'] as const).map((id) => ({ id, permissions: [...rolePermissions[id]] }))
  const ask = (grants: object) =>
    describeGrant({ grants: { public: false, roles: [], people: [], ...grants }, people, roles })

  it('names who can run it, without those who are turned away', () => {
    expect(texts(ask({ roles: ['user'] }))).toEqual(['1 person can run it: Mia, and whoever gets the role later.'])
    expect(texts(ask({}))).toEqual(['Nobody can run it until you say who may.'])
    expect(texts(ask({ roles: ['creator'] }))).toEqual(['Nobody can run it yet: nobody has the role.'])
  })

  it('says when a role runs no workflows at all', () => {
    expect(ask({ people: ['vera'] })[1]).toEqual({
      tone: 'attention',
      text: 'Vera cannot run it all the same: the role of that person runs no workflows.',
    })
  })
})
