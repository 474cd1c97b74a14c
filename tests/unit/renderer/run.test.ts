import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { workflowSchema } from '../../../proxy/contract/workflows.ts'
import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { toApiError } from '../../../renderer/api/apiError.ts'
import { toFieldId } from '../../../renderer/features/run/FieldFrame.tsx'
import {
  choiceWords,
  decimalsOf,
  drawSeed,
  isSegmented,
  isSlider,
  stepped,
} from '../../../renderer/features/run/fieldShape.ts'
import { fitWithin, startName, writtenType } from '../../../renderer/features/run/preparePicture.ts'
import {
  createDraft,
  findProblems,
  parseNumber,
  refusedInputs,
  toRunInputs,
  withoutSeeds,
  withSeeds,
} from '../../../renderer/features/run/runDraft.ts'
import { forgetRunNotes, RunNotes } from '../../../renderer/features/run/runMemory.ts'
import type { Store } from '../../../renderer/features/run/runMemory.ts'

const inputs: readonly WorkflowInput[] = workflowSchema.shape.inputs.parse([
  { kind: 'text', key: '6.text', label: 'Words', multiline: true, maxLength: 10, default: 'a valley' },
  { kind: 'integer', key: '5.width', label: 'Width', min: 64, max: 4096, step: 8, default: 512 },
  { kind: 'number', key: '3.denoise', label: 'Change', min: 0, max: 1, step: 0.05, default: 0.6 },
  { kind: 'boolean', key: '9.on', label: 'Sharpen', default: true },
  { kind: 'choice', key: '4.style', label: 'Style', choices: ['a', 'b'], default: 'a' },
  { kind: 'seed', key: '3.seed', label: 'Seed', min: '0', max: '18446744073709551615', default: '7' },
  { kind: 'image', key: '10.image', label: 'Start', default: 'example.png' },
])
const picture = { name: 'x.png', label: 'Your picture', look: null }
const filled = createDraft(inputs, { '10.image': picture })

describe('the form of a workflow', () => {
  it('opens as it was published; a picture and a seed are one’s own', () => {
    expect(createDraft(inputs)).toEqual({
      '6.text': 'a valley',
      '5.width': '512',
      '3.denoise': '0.6',
      '9.on': true,
      '4.style': 'a',
      '3.seed': '',
      '10.image': null,
    })
  })

  it('opens as it was left where that still fits, and drops what does not', () => {
    const before = { '6.text': 'too long by now', '5.width': '640', '4.style': 'gone', '9.on': 'yes', '8.other': '1' }
    expect(createDraft(inputs, { ...before, '3.seed': '12', '10.image': picture })).toEqual({
      ...filled,
      '5.width': '640',
      '3.seed': '12',
    })
  })

  it('is sent in the exact types, without what is drawn or published', () => {
    const draft = { ...filled, '3.denoise': '0,25', '5.width': ' 640 ', '9.on': false }
    expect(toRunInputs(inputs, draft)).toEqual({
      '6.text': 'a valley',
      '5.width': 640,
      '3.denoise': 0.25,
      '9.on': false,
      '4.style': 'a',
      '10.image': 'x.png',
    })
  })

  it('sends numbers on their steps, and what was published between two of them not at all', () => {
    const [, width] = inputs
    if (width?.kind !== 'integer') throw new TypeError('the second one is the width')
    const between = { ...width, min: 1, default: 512 }
    expect(toRunInputs([width], { '5.width': '643' })).toEqual({ '5.width': 640 })
    expect(toRunInputs([between], { '5.width': '512' })).toEqual({})
    expect(toRunInputs([between], { '5.width': '513' })).toEqual({ '5.width': 513 })
    expect(toRunInputs([between], { '5.width': '4096' })).toEqual({ '5.width': 4089 })
  })

  it.each([
    ['42', 42],
    ['007', 7],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['18446744073709551615', '18446744073709551615'],
  ])('sends the seed %s so that no digit is lost', (typed, sent) => {
    expect(toRunInputs(inputs, { ...filled, '3.seed': typed })['3.seed']).toBe(sent)
  })

  it('says at each field what is wrong', () => {
    const draft = {
      '6.text': 'longer than ten',
      '5.width': '640.5',
      '3.denoise': '1.5',
      '9.on': true,
      '4.style': 'c',
      '3.seed': '18446744073709551616',
      '10.image': null,
    }
    expect(Object.fromEntries(findProblems(inputs, draft))).toEqual({
      '6.text': 'That is 5 characters too many.',
      '5.width': 'Give a whole number.',
      '3.denoise': 'Give a number from 0 to 1.',
      '4.style': 'Choose one.',
      '3.seed': 'Give a number from 0 to 18446744073709551615.',
      '10.image': 'Choose a picture.',
    })
    expect(findProblems(inputs, filled).size).toBe(0)
  })

  it.each([
    ['1', 1],
    ['-0,5', -0.5],
    ['+.25', 0.25],
    ['3.', 3],
    ['', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['1,5,2', undefined],
    ['Infinity', undefined],
  ])('reads %j as people write numbers', (typed, number) => expect(parseNumber(typed)).toBe(number))

  it('keeps the seeds that were drawn for a change, and drops all for another try', () => {
    const ran = withSeeds(inputs, filled, { '3.seed': '9007199254740993', '5.width': 1 })
    expect([ran['3.seed'], ran['5.width']]).toEqual(['9007199254740993', '512'])
    expect(withoutSeeds(inputs, ran)).toEqual(filled)
  })

  it('puts the gate’s words at the field that they name, however it names it', () => {
    const refusal = (path: unknown) =>
      refusedInputs(inputs, toApiError(400, { code: 'VALIDATION_FAILED', errors: [{ path, message: 'Too large.' }] }))
    for (const path of ['5.width', 'inputs.5.width', ['inputs', '5.width']]) {
      expect([...refusal(path)]).toEqual([['5.width', 'Too large.']])
    }
    expect(refusal('name').size).toBe(0)
    expect(refusedInputs(inputs, new Error('x')).size).toBe(0)
  })

  it('never sends what it finds wrong, nor refuses what it made itself', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 14 }), fc.string({ maxLength: 24 }), (words, number) => {
        const draft = { ...filled, '6.text': words, '5.width': number, '3.seed': number }
        if (findProblems(inputs, draft).size > 0) return
        const sent = toRunInputs(inputs, draft)
        expect(Number.isInteger(sent['5.width'])).toBe(true)
        expect(createDraft(inputs, draft)).toEqual(draft)
      }),
    )
  })
})

describe('a field', () => {
  it.each([
    [{ min: 0, max: 1, step: 0.01 }, true],
    [{ min: 1, max: 50, step: 1 }, true],
    [{ min: 256, max: 4096, step: 8 }, false],
    [{ min: 0, max: 1, step: 1 }, false],
  ])('of %o is a slider: %s', (range, is) => expect(isSlider(range)).toBe(is))

  it('steps within its range, without dust behind the point', () => {
    const change = { min: 0, max: 1, step: 0.1, kind: 'number' } as const
    expect([stepped(change, 0.2, 1), stepped(change, 0.95, 1), stepped(change, 0, -1)]).toEqual(['0.3', '1', '0'])
    const width = { min: 64, max: 4096, step: 8 }
    expect([stepped(width, 512, 1), stepped(width, 515, 0), stepped(width, 4096, 1)]).toEqual(['520', '512', '4096'])
    expect([1, 0.05, 1e-7].map(decimalsOf)).toEqual([0, 2, 7])
  })

  it('holds few short choices side by side', () => {
    expect([['Tall', 'Wide'], ['a'], ['one', 'two', 'three', 'four', 'five']].map(isSegmented)).toEqual([
      true,
      false,
      false,
    ])
    expect(isSegmented(['a very long choice', 'and another one'])).toBe(false)
  })

  it('calls models what people call them, unless two would be alike', () => {
    expect([...choiceWords(['a.safetensors', 'b.ckpt', 'b.pt', 'euler']).values()]).toEqual([
      'a',
      'b.ckpt',
      'b.pt',
      'euler',
    ])
  })

  it('draws seeds within their range, and short ones', () => {
    const range = { min: '0', max: '18446744073709551615' }
    expect([drawSeed(range, 0), drawSeed(range, 0.999999999999)]).toEqual(['0', '999999999'])
    expect([drawSeed({ min: '5', max: '7' }, 0), drawSeed({ min: '5', max: '7' }, 0.99)]).toEqual(['5', '7'])
    expect(drawSeed({ min: '-10', max: '-3' }, 0.99)).toBe('-3')
  })

  it('has an id of its own whatever its key holds', () => {
    const ids = ['3.seed', '3_seed', '3 seed', '3."]', '57:8.text'].map(toFieldId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^input-[\w]+$/)
  })
})

describe('a picture to start from', () => {
  it('is at most 2048 pixels long, and never made larger', () => {
    expect(fitWithin(4032, 3024, 2048)).toEqual({ width: 2048, height: 1536 })
    expect(fitWithin(800, 600, 2048)).toEqual({ width: 800, height: 600 })
    expect(fitWithin(10_000, 1, 2048)).toEqual({ width: 2048, height: 1 })
  })

  it('is named for the moment, not for what it was called', () => {
    const at = new Date('2026-11-23T09:30:05.123Z')
    expect(startName(writtenType('image/heic'), at)).toBe('start-20261123-093005.jpg')
    expect(startName(writtenType('image/png'), at)).toBe('start-20261123-093005.png')
  })
})

describe('what this device remembers', () => {
  const openStore = (): Store & { readonly entries: Map<string, string> } => {
    const entries = new Map<string, string>()
    return {
      entries,
      get length() {
        return entries.size
      },
      key: (index) => [...entries.keys()][index] ?? null,
      getItem: (key) => entries.get(key) ?? null,
      setItem: (key, value) => void entries.set(key, value),
      removeItem: (key) => void entries.delete(key),
    }
  }

  it('is one person’s, and there when they come back', () => {
    const store = openStore()
    const notes = new RunNotes('mia', store)
    notes.keepForm('portrait', filled)
    notes.keepRun({ jobId: 'j', workflowId: 'portrait', draft: filled })
    expect(new RunNotes('mia', store).formOf('portrait')).toEqual(filled)
    expect(new RunNotes('mia', store).runOf('j')?.workflowId).toBe('portrait')
    expect(new RunNotes('ben', store).formOf('portrait')).toBeUndefined()
  })

  it('knows the first run that was asked for the very same', () => {
    const notes = new RunNotes('mia', openStore())
    const keep = (jobId: string, draft: typeof filled, workflowId = 'w') => notes.keepRun({ jobId, workflowId, draft })
    keep('first', filled)
    keep('other workflow', filled, 'v')
    keep('again', { ...filled, '10.image': { ...picture, look: 'data:,' } })
    keep('changed', { ...filled, '6.text': 'a lake' })
    keep('third', filled)
    expect(['third', 'again', 'changed', 'unknown'].map((id) => notes.sameRunAs(id)?.jobId)).toEqual([
      'first',
      'first',
      undefined,
      undefined,
    ])
  })

  it('ends with signing out', () => {
    const store = openStore()
    store.setItem('gatehouse-appearance', 'dark')
    new RunNotes('mia', store).keepForm('portrait', filled)
    new RunNotes('ben', store).keepForm('portrait', filled)
    forgetRunNotes(store)
    expect([...store.entries.keys()]).toEqual(['gatehouse-appearance'])
  })

  it('grows no further than the last runs', () => {
    const notes = new RunNotes('mia', openStore())
    for (let at = 0; at < 40; at += 1) notes.keepRun({ jobId: String(at), workflowId: 'w', draft: filled })
    expect([notes.runOf('39')?.jobId, notes.runOf('0')]).toEqual(['39', undefined])
  })

  it.each(['', 'null', '{"forms":3}', '{"forms":[{"workflowId":"w","draft":{"a":[1]}}]}', '<html>'])(
    'does without what somebody else wrote there: %s',
    (text) => {
      const store = openStore()
      store.setItem('gatehouse-run-mia', text)
      const notes = new RunNotes('mia', store)
      expect(notes.formOf('w')).toBeUndefined()
      notes.keepForm('w', filled)
      expect(new RunNotes('mia', store).formOf('w')).toEqual(filled)
    },
  )

  it('works while the browser forbids to remember', () => {
    const store = openStore()
    const forbidding = {
      ...store,
      setItem: () => {
        throw new Error('full')
      },
    }
    const notes = new RunNotes('mia', forbidding)
    notes.keepForm('w', filled)
    expect(notes.formOf('w')).toEqual(filled)
  })
})
