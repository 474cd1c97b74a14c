import { describe, expect, it } from 'vitest'
import { entryWithoutPaths, errorWithoutPaths } from '../../../proxy/comfyui/errorPaths.ts'
import { hidePaths, hidePathsOfCut } from '../../../proxy/core/hidePaths.ts'
import { describePromptError, parseEngineQueue } from '../../../proxy/comfyui/engineQueue.ts'
import { formatEntry, formatQueueItem, isSuccess, takeEntry } from '../../../proxy/comfyui/historyViews.ts'
import { findWorkflowId, toEndedJob, toQueuedJob } from '../../../proxy/comfyui/jobsView.ts'
import { formatLosslessJson, isObject, parseLosslessJson } from '../../../proxy/comfyui/losslessJson.ts'
import type { JsonObject } from '../../../proxy/comfyui/losslessJson.ts'
import { redactSecrets, withoutSecrets } from '../../../proxy/comfyui/secretText.ts'

const ID = '12345678-1234-4234-8234-123456789abc'
const place = { number: 7, clientId: 'tab' }

function toObject(value: unknown): JsonObject {
  const parsed = parseLosslessJson(JSON.stringify(value))
  if (!isObject(parsed)) throw new Error('not an object')
  return parsed
}

const answer = (more: object = {}, extra: object = {}): string =>
  JSON.stringify({
    [ID]: {
      prompt: [3, ID, { '1': { inputs: { seed: 'BIG' } } }, { client_id: 'gatehouse-x', ...extra }, ['1']],
      outputs: {},
      status: { status_str: 'success', completed: true, messages: [] },
      ...more,
    },
  }).replace('"BIG"', '18446744073709551615')

describe('an entry of the history', () => {
  it('keeps every digit, and gets the person’s own number and client', () => {
    const entry = takeEntry(answer(), ID, place) ?? ''
    expect(entry).toContain('18446744073709551615')
    expect(JSON.parse(entry).prompt.slice(0, 2)).toEqual([7, ID])
    expect(JSON.parse(entry).prompt[3]).toEqual({ client_id: 'tab' })
    expect(isSuccess(entry)).toBe(true)
  })

  it('case 27: loses whose it is and every sign-in of comfy.org, wherever a node put it', () => {
    const token = `comfyui-${'b'.repeat(40)}`
    const extra = { gatehouse_user: 'x', auth_token_comfy_org: 'short', create_time: 5 }
    const error = { current_inputs: { auth_token: ['short'], text: [`key ${token}`] } }
    const status = { status_str: 'error', completed: false, messages: [['execution_error', error]] }
    const entry = takeEntry(answer({ status }, extra), ID, place) ?? ''
    expect(entry).not.toMatch(/short|comfyui-b|gatehouse_user/)
    expect(JSON.parse(entry).prompt[3]).toEqual({ create_time: 5, client_id: 'tab' })
  })

  it('is read although Python writes numbers that are none, and texts stay what they are', () => {
    const text = answer({ outputs: { '1': { text: ['NaN is "Infinity"'], a: 'HERE' } } }).replace(
      '"HERE"',
      '[NaN,-Infinity]',
    )
    const entry = JSON.parse(takeEntry(text, ID, place) ?? '')
    expect(entry.outputs['1']).toEqual({ text: ['NaN is "Infinity"'], a: [null, null] })
  })

  it.each(['', '{}', '[]', '{"x":{}}', `{"${ID}":5}`, `{"${ID}":{"prompt":[1]}}`, 'x', `{"${ID}":${'['.repeat(99)}`])(
    'is in no answer like %j',
    (text) => {
      expect(takeEntry(text, ID, place)).toBeUndefined()
    },
  )

  it('is made of the events when the engine’s own cannot be had', () => {
    const texts = { promptId: ID, place, prompt: '{"1":{"s":18446744073709551615}}', extraData: '{}', outputs: '["1"]' }
    const entry = formatEntry(texts, false, [['execution_start', toObject({ prompt_id: ID })]], toObject({ '1': {} }))
    expect(entry).toContain('18446744073709551615')
    expect(JSON.parse(entry)).toMatchObject({
      outputs: { '1': {} },
      status: { status_str: 'error', completed: false, messages: [['execution_start', { prompt_id: ID }]] },
    })
    expect(JSON.parse(formatQueueItem(texts))).toEqual([7, ID, expect.anything(), { client_id: 'tab' }, ['1']])
  })
})

describe('secrets', () => {
  it.each([
    `gh_abcdefghij12_${'A'.repeat(86)}_01234567`,
    `gh_abcdefghij12_${'A'.repeat(20)}`,
    `comfyui-${'0'.repeat(64)}`,
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
    `sk-${'x'.repeat(30)}`,
    `hf_${'x'.repeat(30)}`,
  ])('of the shape %s are taken out', (secret) => {
    expect(redactSecrets(`before ${secret} after`)).toBe('before  after')
    expect(formatLosslessJson(withoutSecrets(toObject({ [secret]: [{ a: secret }] })))).toBe('{"":[{"a":""}]}')
  })

  it('is taken out behind an escaped line break of JSON text', () => {
    for (const secret of [`sk-${'x'.repeat(30)}`, `hf_${'x'.repeat(30)}`, `ghp_${'x'.repeat(30)}`]) {
      expect(redactSecrets(JSON.stringify({ text: `line\n${secret}` }))).toBe('{"text":"line\\n"}')
    }
  })

  it('search 20 MB made of beginnings of tokens before the test ends (a pattern that begins anew at each froze the gate)', () => {
    for (const piece of ['eyJ', 'eyJ-', 'eyJeyJeyJeyJ.', 'gh_abcdefghij12_', 'comfyui-', 'sk-', 'hf_']) {
      const text = piece.repeat(Math.ceil(3_000_000 / piece.length))
      expect(redactSecrets(text).length).toBeLessThanOrEqual(text.length)
    }
  })

  it.each(['gh_ is a prefix', 'a sk-etch of a house', 'eyJ', 'comfyui-workflow'])('are not seen in %j', (text) => {
    expect(redactSecrets(text)).toBe(text)
  })
})

describe('paths in errors', () => {
  it.each([
    ['File "/home/anna meyer/ComfyUI/nodes.py", line 5', 'File "…/nodes.py", line 5'],
    ["[Errno 2] No such file: '/srv/data/a b/x.png'", "[Errno 2] No such file: '…/x.png'"],
    ['full_output_folder: /home/anna/out\nfilename: x', 'full_output_folder: …/out\nfilename: x'],
    ['cannot open C:\\Users\\Anna\\ComfyUI\\x.png today', 'cannot open …/x.png today'],
    ['"C:\\Users\\Anna Meyer\\x.png"', '"…/x.png"'],
    ['\\\\server\\share\\x.png', '…/x.png'],
    ['a/b and 1/2 and https://example.org/a/b stay', 'a/b and 1/2 and https://example.org/a/b stay'],
  ])('%j becomes %j', (text, expected) => {
    expect(hidePaths(text)).toBe(expected)
  })

  it.each([
    ['no file "/home/anna meyer/mod', 'no file "…'],
    ['first /srv/a/b.png\nthen C:\\Users\\An', 'first …/b.png\nthen …'],
    ['see https://example.org/a/b', 'see https://example.org/a/b'],
  ])('%j was cut and becomes %j (a name in half a path)', (text, expected) => {
    expect(hidePathsOfCut(text)).toBe(expected)
  })

  it('are hidden in events and in the history, numbers as they were', () => {
    const data = `{"prompt_id":"${ID}","exception_message":"no /a/b/c.png","traceback":["File /x/y.py"],"current_inputs":{"seed":[18446744073709551615],"p":["/a/b/c"]}}`
    const shown = errorWithoutPaths(Buffer.from(`{"type":"execution_error","data":${data}}`), ID).toString()
    const entry = entryWithoutPaths(`{"status":{"messages":[["execution_start",{}],["execution_error",${data}]]}}`)
    for (const text of [shown, entry]) {
      expect(text).toContain('18446744073709551615')
      expect(text).not.toMatch(/\/a\/b|\/x\//)
    }
    expect(JSON.parse(shown).data).toMatchObject({ exception_message: 'no …/c.png', traceback: [] })
    const unreadable = errorWithoutPaths(Buffer.from('{"type":"execution_error","data":{"a":NaN,"p":"/a/b"}}'), ID)
    expect(JSON.parse(unreadable.toString())).toMatchObject({ type: 'execution_error', data: { prompt_id: ID } })
  })
})

describe('the engine’s queue', () => {
  it('is read with its outputs', () => {
    const item = (id: string): unknown[] => [0, id, {}, {}, ['9']]
    const queue = parseEngineQueue(
      Buffer.from(JSON.stringify({ queue_running: [item('a')], queue_pending: [item('b')] })),
    )
    expect([[...(queue?.running ?? [])], [...(queue?.pending ?? [])]]).toEqual([['a'], ['b']])
    expect(queue?.outputs.get('b')).toBe('["9"]')
  })

  it.each(['{}', '[]', '{"queue_running":[],"queue_pending":[5]}', '{"queue_running":5,"queue_pending":[]}'])(
    'is not guessed from %s',
    (text) => {
      expect(parseEngineQueue(Buffer.from(text))).toBeUndefined()
    },
  )

  it.each([
    [
      '{"error":{"message":"m","details":"d"},"node_errors":{"4":{"errors":[{"message":"n","details":""}]}}}',
      'm: d · #4 n',
    ],
    ['<html>', 'ComfyUI could not read this workflow.'],
    ['{"error":5}', 'ComfyUI could not read this workflow.'],
  ])('puts the refusal %s into words', (body, expected) => {
    expect(describePromptError(Buffer.from(body))).toBe(expected)
  })
})

describe('/api/jobs', () => {
  const plain = (job: JsonObject): unknown => JSON.parse(formatLosslessJson(job))

  it('tells of a waiting job as ComfyUI does', () => {
    const workflowId = findWorkflowId(toObject({ extra_pnginfo: { workflow: { id: 'w' } } }))
    expect(plain(toQueuedJob({ id: ID, number: 4, createdAtMs: 1000, workflowId }, 'pending'))).toEqual({
      id: ID,
      status: 'pending',
      priority: 4,
      create_time: 1000,
      outputs_count: 0,
      previewable_outputs_count: 0,
      workflow_id: 'w',
    })
  })

  it.each([
    [
      'a saved picture before a preview',
      { '1': { images: [file('t.png', 'temp')] }, '2': { images: [file('o.png', 'output')] } },
      'o.png',
      2,
    ],
    [
      'a preview before a text file',
      { '1': { files: [file('a.txt', 'output')] }, '2': { images: [file('t.png', 'temp')] } },
      't.png',
      2,
    ],
    ['a model that is only a name', { '1': { result: ['mesh.glb', 'x'] } }, 'mesh.glb', 1],
    ['nothing that can be shown', { '1': { latents: [file('a.latent', 'output')], animated: [true] } }, undefined, 1],
  ])('shows %s', (_what, outputs, filename, count) => {
    const entry = toObject({ prompt: [0, ID, {}, {}, []], outputs, status: { status_str: 'success', messages: [] } })
    const job = plain(toEndedJob(ID, entry, false)) as any
    expect(job.preview_output?.filename).toBe(filename)
    expect(job).toMatchObject({ status: 'completed', outputs_count: count, has_errors: false })
    expect(job).not.toHaveProperty('outputs')
  })

  it.each([
    ['execution_error', 'failed'],
    ['execution_interrupted', 'cancelled'],
  ])('a job that ended with %s is %s', (type, status) => {
    const messages = [
      ['execution_start', { timestamp: 5 }],
      [type, { timestamp: 9 }],
    ]
    const entry = toObject({ prompt: [0, ID, {}, {}, []], outputs: {}, status: { status_str: 'error', messages } })
    const job = plain(toEndedJob(ID, entry, true)) as any
    expect(job).toMatchObject({ status, execution_start_time: 5, execution_end_time: 9, create_time: 5, outputs: {} })
    expect(job.workflow).toEqual({ prompt: {}, extra_data: {} })
  })
})

function file(filename: string, type: string): object {
  return { filename, subfolder: '', type }
}
