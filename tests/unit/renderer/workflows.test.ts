import { execFileSync } from 'node:child_process'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { savedDraftSchema } from '../../../proxy/contract/workflowDrafts.ts'
import { workflowInputSchema } from '../../../proxy/contract/workflows.ts'
import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { inputError, toInputDrafts, toInputs } from '../../../renderer/features/workflows/inputDraft.ts'
import type { InputDraft } from '../../../renderer/features/workflows/inputDraft.ts'
import { nodeTitle, readDraft, readWorkflowFile } from '../../../renderer/features/workflows/workflowFile.ts'
import { createWorkflowRecipes, exampleInputs } from '../../../renderer/features/workflows/workflowRecipes.ts'
import {
  findArrival,
  grantWords,
  groupByNode,
  readyWords,
  riskyWords,
  rolePlural,
  timesRunWords,
} from '../../../renderer/features/workflows/workflowWords.ts'

const input = (rest: Record<string, unknown>): WorkflowInput =>
  workflowInputSchema.parse({ key: '3.text', label: 'Text', multiline: true, maxLength: 100, kind: 'text', ...rest })
const steps = input({ key: '3.steps', label: 'Steps', kind: 'integer', min: 1, max: 10_000, step: 1, default: 20 })
const sampler = input({ key: '3.sampler', label: 'Sampler', kind: 'choice', choices: ['a', 'b', 'c'], default: 'b' })
const words = input({ default: 'a lake' })

describe('who may run a workflow, in words', () => {
  const roles = [
    { id: 'user', name: 'Users' },
    { id: 'creator', name: 'Creators' },
  ]
  const people = [{ id: 'm', name: 'Mia' }]

  it.each([
    [{ public: true, roles: ['user'], people: ['m'] }, 'Everybody, guests too'],
    [{ public: false, roles: ['user'], people: ['m'] }, 'Users, Mia'],
    [{ public: false, roles: [], people: [] }, 'Nobody yet'],
    // A role or a person that is gone is nobody.
    [{ public: false, roles: ['gone'], people: ['gone'] }, 'Nobody yet'],
  ])('%j', (grants, said) => {
    expect(grantWords(grants, roles, people)).toBe(said)
  })

  it.each([
    ['User', 'Users'],
    ['Class', 'Class'],
    ['Klasse 7b', 'Klasse 7bs'],
    ['Team 7', 'Team 7'],
    ['先生', '先生'],
  ])('the role %s is %s', (title, plural) => {
    expect(rolePlural(title)).toBe(plural)
  })
})

describe('what is said of workflows', () => {
  it('how often they ran', () => {
    expect([0, 1, 1204].map(timesRunWords)).toEqual(['Not run yet', 'Run once', 'Run 1,204 times'])
  })

  it('what is ready', () => {
    const named = ['one', 'two', 'three', 'four', 'five'].map((name) => ({ name }))
    expect(readyWords([])).toBe('No workflow is ready to run: only Creators can make pictures.')
    expect(readyWords(named.slice(0, 1))).toBe('Ready to run: one.')
    expect(readyWords(named)).toBe('Ready to run: one, two, three and 2 more.')
  })

  it('which nodes of them do more than others', () => {
    expect(riskyWords([])).toBeUndefined()
    expect(riskyWords(['LoadImageFromUrl'])).toContain('run this node with the settings that you publish here')
    expect(riskyWords(['A', 'B'])).toContain('“A” and “B”')
  })

  it('inputs of one node stand together, in their order', () => {
    expect(groupByNode([{ key: '5:12.a' }, { key: '3.b' }, { key: '5:12.c.d' }])).toEqual([
      { nodeId: '5:12', items: [{ key: '5:12.a' }, { key: '5:12.c.d' }] },
      { nodeId: '3', items: [{ key: '3.b' }] },
    ])
  })
})

describe('what was handed over from ComfyUI’s page', () => {
  const draft = (id: string, fromApp: boolean) =>
    savedDraftSchema.parse({
      ...{ id: id.padEnd(16, '0'), name: id, fromApp, nodes: 1, savedAt: '' },
      by: { id: 'ada'.padEnd(16, '0'), name: 'Ada' },
    })

  it('opens by itself when it is new and comes from the app’s own window, and never from elsewhere', () => {
    const [old, elsewhere, here] = [draft('old', true), draft('elsewhere', false), draft('here', true)]
    const before = new Set([old.id])

    expect(findArrival([elsewhere, old], before)).toBeUndefined()
    expect(findArrival([here, elsewhere, old], before)).toBe(here)
  })
})

describe('a chosen file', () => {
  const api = '{"3": {"class_type": "KSampler", "inputs": {"seed": 18446744073709551615}}}'

  it('in the API format keeps every digit of its numbers', () => {
    const read = readWorkflowFile('wading_birds_api.json', api)

    expect(read).toMatchObject({ kind: 'workflow', source: { name: 'wading birds', promptText: api, canvas: null } })
  })

  it.each([
    ['ComfyUI’s own', '{"nodes": [{"id": 1}], "links": [], "version": 0.4}', 'canvas'],
    ['an empty one of ComfyUI’s own', '{"nodes": []}', 'canvas'],
    ['no JSON', 'hello', 'unreadable'],
    ['a list', '[]', 'unreadable'],
    ['nothing', '{}', 'unreadable'],
    ['something else', '{"name": "gatehouse"}', 'unreadable'],
  ])('that is %s is told apart', (_what, text, kind) => {
    expect(readWorkflowFile('file.json', text).kind).toBe(kind)
  })

  it('has nodes by the names that they have on the canvas', () => {
    const prompt = {
      '3': { class_type: 'KSampler', inputs: {}, _meta: { title: 'Draw' } },
      '4': { class_type: 'VAE', inputs: {} },
    }
    const source = readDraft({ name: 'x', prompt, canvas: null })

    expect(['3', '4', 'constructor'].map((id) => source && nodeTitle(source.prompt, id))).toEqual([
      'Draw',
      'VAE',
      undefined,
    ])
  })
})

describe('what people may change', () => {
  const only = (possible: WorkflowInput, rest: Record<string, unknown>): InputDraft => ({
    possible,
    input: { ...possible, ...rest },
    on: true,
  })
  const change = (rest: Record<string, unknown>) => only(steps, rest)

  it('is what is suggested at first', () => {
    expect(toInputs(toInputDrafts([steps, words, sampler], ['3.text']))).toEqual([words])
  })

  it('is as before when it is published anew, with what is gone left out', () => {
    const before = [
      input({ ...steps, label: 'How long', max: 50 }),
      input({ key: '9.gone', default: '' }),
      input({ ...sampler, choices: ['a'] }),
    ]
    const drafts = toInputDrafts([input({ ...steps, default: 60 }), words, sampler], ['3.text'], before)

    expect(toInputs(drafts)).toEqual([
      // What is in the new workflow stays possible.
      { ...steps, label: 'How long', default: 60, max: 60 },
      { ...sampler, choices: ['a', 'b'] },
    ])
  })

  it.each([
    ['a range beyond ComfyUI’s', change({ max: 20_000 }), 'ComfyUI takes from 1 to 10000.'],
    ['a range that leaves the value out', change({ max: 10 }), 'It is 20 in the workflow'],
    ['a range the wrong way round', change({ min: 30, max: 25 }), 'The smallest is above the largest.'],
    ['no name', change({ label: ' ' }), 'Give it a name'],
    ['no choice', only(sampler, { choices: [] }), 'Leave at least one choice.'],
    ['without the chosen one', only(sampler, { choices: ['a'] }), 'Leave “b”'],
    ['a text that is too long', only(words, { maxLength: 3 }), '6 characters'],
  ] satisfies [string, InputDraft, string][])('is refused with %s', (_what, wrong, said) => {
    expect(inputError(wrong)).toContain(said)
    expect(inputError({ ...wrong, on: false })).toBeUndefined()
  })
})

describe('recipes of a workflow', () => {
  const recipesOf = (inputs: readonly WorkflowInput[]) =>
    createWorkflowRecipes({ url: 'http://192.168.1.20:8190/', workflowId: 'workflow00000001', inputs, key: 'gh_key' })

  it('name its own inputs, without the seed, which is drawn', () => {
    const seed = input({ key: '3.seed', kind: 'seed', min: '0', max: '9', default: '5' })

    for (const { code } of recipesOf([words, steps, seed])) {
      expect(code).toContain('a lake')
      expect(code).toContain('3.steps')
      expect(code).not.toContain('3.seed')
      expect(code).toContain('gh_key')
      expect(code).toContain('workflow00000001')
    }
  })

  it('leave a long text as it was published', () => {
    expect(exampleInputs([input({ default: 'x'.repeat(201), maxLength: 300 })])).toEqual({})
  })

  it('upload a picture first where one is needed', () => {
    const picture = input({ key: '1.image', kind: 'image', default: 'example.png' })

    for (const { code, hint } of recipesOf([picture, words])) {
      expect(code).toContain('/upload/image')
      expect(hint).toContain('photo.png')
    }
  })

  it('say the same to the shell, to Python and to JavaScript, whatever the texts are (a text that ends its quotes)', () => {
    const hostile = ["'; touch /tmp/x; '", '$(id) `id` "\\', '"""\n\r\u2028', "'", '\\', '@picture@ %s']
    const texts = [...hostile, ...fc.sample(fc.string({ unit: 'binary', maxLength: 60 }), 200)]
    const cases = texts.map((text, index) => {
      const key = `${hostile[index % hostile.length]?.replaceAll('.', '') ?? ''}.text`
      const inputs = [input({ key, default: text }), input({ key: '2.on', kind: 'boolean', default: true })]
      return { wanted: { [key]: text, '2.on': true }, codes: recipesOf(inputs).map(({ code }) => code) }
    })
    const cut = (part: RegExp, which: number) => cases.map(({ codes }) => part.exec(codes[which] ?? '')?.[1] ?? '')
    const run = (program: string, script: string): string =>
      execFileSync(program, ['-'], { input: script, encoding: 'utf8' })
    const wanted = cases.map((one) => one.wanted)

    const bodies = cut(/-d ('.*')\)\njob=/s, 0)
    const shell = run('sh', bodies.map((body) => `printf '%s\\0' ${body}`).join('\n'))
    const python = run('python3', `import json\nprint(json.dumps([${cut(/inputs = (\{.*?\n\})/s, 1).join(',')}]))`)
    const literals = cut(/const inputs = (\{.*?\n\})/s, 2).join(',')
    const script: unknown = runInNewContext(`JSON.stringify([${literals}])`)

    const sent = shell.split('\0').slice(0, -1)
    expect(sent.map((body): unknown => JSON.parse(body))).toEqual(wanted.map((inputs) => ({ inputs })))
    expect(JSON.parse(python)).toEqual(wanted)
    expect(JSON.parse(String(script))).toEqual(wanted)
  })
})
