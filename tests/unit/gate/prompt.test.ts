import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import { formatLosslessJson, JsonNumber, parseLosslessJson } from '../../../proxy/comfyui/losslessJson.ts'
import type { JsonValue } from '../../../proxy/comfyui/losslessJson.ts'
import { checkPrompt } from '../../../proxy/comfyui/prompt.ts'
import type { CheckedPrompt } from '../../../proxy/comfyui/prompt.ts'

const node = { class_type: 'EmptyImage', inputs: {} }

function check(body: unknown, administrator = false): CheckedPrompt {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return checkPrompt(Buffer.from(text), { administrator }, { maxNodes: 5 })
}
const nodesOf = (body: unknown): string => formatLosslessJson(check(body).nodes)
const extraOf = (body: unknown): any => JSON.parse(formatLosslessJson(check(body).extraData))
function refused(body: unknown, administrator = false): GateError {
  try {
    check(body, administrator)
  } catch (error) {
    if (error instanceof GateError) return error
    throw error
  }
  throw new Error('accepted')
}

describe('checkPrompt', () => {
  it.each([
    ['client_id is a list', { prompt: { '1': node }, client_id: [] }],
    ['client_id is an object', { prompt: { '1': node }, client_id: {} }],
    ['client_id is a number', { prompt: { '1': node }, client_id: 5 }],
    ['extra_data is a number', { prompt: { '1': node }, extra_data: 5 }],
    ['extra_data is a list', { prompt: { '1': node }, extra_data: [] }],
    ['a node has no inputs', { prompt: { '1': { class_type: 'A' } } }],
    ['the inputs of a node are a list', { prompt: { '1': { class_type: 'A', inputs: [1] } } }],
    ['the inputs of a node are hidden in __proto__', '{"prompt":{"1":{"class_type":"A","__proto__":{"inputs":{}}}}}'],
    ['__proto__ is escaped', '{"prompt":{"1":{"class_type":"A","inputs":{"__pro\\u0074o__":1}}}}'],
    ['a node is a text', { prompt: { '1': 'x' } }],
    ['a node has no class', { prompt: { '1': { inputs: {} } } }],
    ['the class is a list', { prompt: { '1': { class_type: [], inputs: {} } } }],
    ['the prompt is a list', { prompt: [] }],
    ['the prompt is missing', {}],
    ['the body is a list', '[]'],
    ['the body is no JSON', 'x'],
    ['the body is empty', ''],
    ['a key stands twice', '{"prompt":{"1":{"class_type":"A","inputs":{},"inputs":{}}}}'],
    ['NaN is written', '{"prompt":{"1":{"class_type":"A","inputs":{"a":NaN}}}}'],
    ['Infinity is written as a number', '{"prompt":{"1":{"class_type":"A","inputs":{"a":1e999}}}}'],
    ['half a character is written', '{"prompt":{"1":{"class_type":"A","inputs":{"a":"\\ud800"}}}}'],
    [
      'it is nested too deep',
      `{"prompt":{"1":{"class_type":"A","inputs":{"a":${'['.repeat(100)}${']'.repeat(100)}}}}}`,
    ],
    ['it is nested a million times', `{"prompt":${'['.repeat(1_000_000)}`],
    ['it has too many nodes', { prompt: Object.fromEntries([1, 2, 3, 4, 5, 6].map((id) => [id, node])) }],
    ['partial_execution_targets is no list of texts', { prompt: { '1': node }, partial_execution_targets: [[]] }],
  ])('refuses in the shape of ComfyUI when %s', (_what, body) => {
    const error = refused(body)
    expect(error.status).toBe(400)
    expect(error.details['promptError']).toMatch(/^(?:no_prompt|invalid_prompt|not_allowed)$/)
  })

  it('keeps seeds of 64 bits and numbers as they were written', () => {
    const text =
      '{"prompt":{"3":{"class_type":"A","inputs":{"seed":18446744073709551615,"cfg":1.10,"e":1E-7,"big":1234567890123456789}}}}'
    expect(nodesOf(text)).toContain('"seed":18446744073709551615,"cfg":1.10,"e":1E-7,"big":1234567890123456789')
  })

  it('keeps the order of nodes and inputs', () => {
    const text =
      '{"prompt":{"9":{"class_type":"A","inputs":{"2":1,"1":2}},"10":{"class_type":"B","inputs":{}},"1":{"class_type":"C","inputs":{}}}}'
    expect(nodesOf(text)).toContain('{"9":{"class_type":"A","inputs":{"2":1,"1":2}},"10":{"class_type":"B"')
  })

  it('keeps in mind which tab asked, and only as the client itself says it', () => {
    const checked = check({ prompt: { '1': node }, client_id: 'tab', extra_data: { client_id: 'other' } })
    expect(checked.clientId).toBe('tab')
    expect(checked.extraData).toEqual(new Map())
    expect(check({ prompt: {}, client_id: null }).clientId).toBeUndefined()
  })

  it('takes a canonical id as a wish and nothing else', () => {
    const own = '2222abcd-2222-4222-8222-222222222222'
    expect(check({ prompt: {}, prompt_id: own }).wantedId).toBe(own)
    for (const prompt_id of [own.toUpperCase(), 'x', { a: 1 }, 5, null, undefined]) {
      expect(check({ prompt: {}, prompt_id }).wantedId).toBeUndefined()
    }
  })

  it('case 23: strips the cache fingerprint and every unknown key of a node and of the body', () => {
    const body = {
      prompt: { '1': { ...node, is_changed: 'x', _meta: { title: 't' }, foo: 1 } },
      foo: 1,
      workflow_id: 'w',
    }
    expect(JSON.parse(nodesOf(body))).toEqual({ '1': { ...node, _meta: { title: 't' } } })
    expect(Object.keys(check(body)).sort()).toEqual(['clientId', 'extraData', 'nodes', 'place', 'targets', 'wantedId'])
  })

  it('case 20: lets only administrators choose the place in the queue', () => {
    const jump = { prompt: {}, number: -99, front: true }
    expect(check(jump).place).toEqual({ front: false, number: undefined })
    expect(check(jump, true).place).toEqual({ front: true, number: -99 })
    expect(check({ prompt: {}, number: 'nan' }).place.number).toBeUndefined()
    expect(refused({ prompt: {}, number: 'nan' }, true).status).toBe(400)
    expect(refused('{"prompt":{},"number":1e300}', true).status).toBe(400)
    expect(check({ prompt: {}, front: 'yes' }, true).place.front).toBe(false)
  })

  it('case 27: passes what is known in extra_data and no key of ours, wherever it stands', () => {
    const key = `gh_abcdefghij12_${'A'.repeat(86)}_01234567`
    const extraData = extraOf({
      prompt: {},
      extra_data: {
        extra_pnginfo: { workflow: { nodes: [{ note: `my key ${key}!` }], [key]: 1 } },
        auth_token_comfy_org: 'token',
        api_key_comfy_org: key,
        preview_method: 'taesd',
        gatehouse_user: 'x',
        create_time: 1,
      },
    })
    expect(extraData).toEqual({
      extra_pnginfo: { workflow: { nodes: [{ note: 'my key !' }], '': 1 } },
      auth_token_comfy_org: 'token',
      preview_method: 'taesd',
    })
    expect(JSON.stringify(extraData)).not.toContain('gh_')
    expect(extraOf({ prompt: {}, extra_data: { preview_method: 'rm -rf' } })).toEqual({})
  })

  it.each([
    ['in a text of a node', (key: string) => ({ prompt: { '1': { ...node, inputs: { text: [`use ${key} here`] } } } })],
    ['cut short', (key: string) => ({ prompt: { '1': { ...node, inputs: { text: key.slice(0, 40) } } } })],
    ['in a name of an input', (key: string) => ({ prompt: { '1': { ...node, inputs: { [key]: 1 } } } })],
    ['in the title of a node', (key: string) => ({ prompt: { '1': { ...node, _meta: { title: key } } } })],
    ['as the id of a node', (key: string) => ({ prompt: { [key]: node } })],
    ['as the client', (key: string) => ({ prompt: { '1': node }, client_id: key })],
    ['as a target', (key: string) => ({ prompt: { '1': node }, partial_execution_targets: [key] })],
  ])('a key of the gate that would reach ComfyUI and its pictures is refused: %s', (_where, body) => {
    const error = refused(body(`gh_abcdefghij12_${'A'.repeat(86)}_01234567`))
    expect(error.status).toBe(400)
    expect(error.message).toContain('contains an API key of Gatehouse')
    expect(error.message).not.toContain('AAAA')
  })

  it('case 51: 10 MB that would be copied into every picture are refused', () => {
    const withInfo = (bytes: number) => ({
      prompt: { '1': node },
      extra_data: { extra_pnginfo: { workflow: 'x'.repeat(bytes - '{"workflow":""}'.length) } },
    })
    const error = refused(withInfo(9 * 1024 * 1024))
    expect([error.status, error.details['promptError']]).toEqual([400, 'not_allowed'])
    expect(error.message).toContain('more than 2 MB')
    expect(refused(withInfo(2 * 1024 * 1024 + 1)).status).toBe(400)
    expect(check(withInfo(2 * 1024 * 1024)).extraData.size).toBe(1)
  })

  it.each([
    ['empty lists', '[],'],
    ['numbers', '1,'],
    ['empty objects', '{},'],
  ])('millions of values in a few megabytes are refused before they fill the memory: %s', (_what, value) => {
    const list = (count: number) => `{"prompt":{"1":{"class_type":"A","inputs":{"a":[${value.repeat(count)}0]}}}}`
    const error = refused(list(3_000_000))
    expect([error.status, error.message]).toEqual([400, 'The JSON has more than 200000 values.'])
    expect(check(list(199_990)).nodes.size).toBe(1)
    expect(refused(list(200_000)).status).toBe(400)
  })

  it('keeps exactly the prompt it was given', () => {
    const json = fc.jsonValue({ maxDepth: 5 })
    const inputs = fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      json,
      { maxKeys: 4 },
    )
    const prompt = fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
      inputs,
      { maxKeys: 5 },
    )
    fc.assert(
      fc.property(prompt, (nodes) => {
        const body = {
          prompt: Object.fromEntries(
            Object.entries(nodes).map(([id, value]) => [id, { class_type: 'A', inputs: value }]),
          ),
        }
        const text = JSON.stringify(body)
        if (text.includes('__proto__')) return
        let kept: any
        try {
          kept = JSON.parse(nodesOf(text))
        } catch (error) {
          // Deeper than allowed, or half a character: refused is right as well.
          expect(error).toBeInstanceOf(GateError)
          return
        }
        expect(kept).toEqual(JSON.parse(text).prompt)
      }),
    )
  })
})

describe('losslessJson', () => {
  const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<JsonValue>(null, true, false),
      fc.string().map((text) => text.replace(/[\ud800-\udfff]/g, '')),
      fc
        .oneof(fc.bigInt().map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String))
        .map((text) => new JsonNumber(text.replace('+', ''))),
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(
          fc.tuple(
            fc.string().filter((key) => key !== '__proto__' && !/[\ud800-\udfff]/.test(key)),
            tie('value'),
          ),
          { maxLength: 4 },
        )
        .map((pairs) => new Map(pairs)),
    ),
  })).value

  it('reads back what it writes, numbers as text', () => {
    fc.assert(
      fc.property(value, (tree) => {
        expect(parseLosslessJson(formatLosslessJson(tree))).toEqual(tree)
      }),
    )
  })

  it('agrees with JSON.parse about what is JSON', () => {
    const texts = fc.array(
      fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '1', '-', '.', 'e', '0', 'true', 'null', ' ', '\\', 'a'),
      { maxLength: 10 },
    )
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join('')
        let own = true
        let theirs = true
        try {
          parseLosslessJson(text)
        } catch {
          own = false
        }
        try {
          JSON.parse(text)
        } catch {
          theirs = false
        }
        // Never more than JSON; less only for repeated keys and numbers without an end.
        if (own) expect(theirs).toBe(true)
        if (theirs && !own) expect(text).toMatch(/e|"[^"]*"[^"]*"[^"]*"/)
      }),
      { numRuns: 5000 },
    )
  })

  it('reads a text of ten million signs', () => {
    const text = JSON.stringify({ a: 'x\\n'.repeat(3_000_000) })
    expect(formatLosslessJson(parseLosslessJson(text))).toBe(text)
  })
})
