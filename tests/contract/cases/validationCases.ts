import { describe, expect, it } from 'vitest'
import type { ContractContext } from '../engineContract.ts'
import { savePrompt } from '../prompts.ts'

const OUTPUTS_FAILED = {
  type: 'prompt_outputs_failed_validation',
  message: 'Prompt outputs failed validation',
  extra_info: {},
}
const WIDTH_CONFIG = ['INT', { default: 512, min: 1, max: 16384, step: 1 }]

/** A prompt whose node 1 has those inputs instead of good ones. */
function withImageInputs(inputs: Record<string, unknown>): unknown {
  const prompt = savePrompt()
  return { ...prompt, '1': { class_type: 'EmptyImage', inputs: { ...prompt['1']?.inputs, ...inputs } } }
}

function withSaveInputs(inputs: Record<string, unknown>): unknown {
  const prompt = savePrompt()
  return { ...prompt, '2': { class_type: 'SaveImage', inputs: { ...prompt['2']?.inputs, ...inputs } } }
}

interface NodeErrorCase {
  readonly name: string
  readonly prompt: unknown
  readonly node: string
  readonly classType: string
  readonly error: Record<string, unknown>
}

const NODE_ERRORS: readonly NodeErrorCase[] = [
  {
    name: 'a required input is missing',
    prompt: {
      '1': { class_type: 'EmptyImage', inputs: { height: 8, batch_size: 1, color: 0 } },
      '2': savePrompt()['2'],
    },
    node: '1',
    classType: 'EmptyImage',
    error: {
      type: 'required_input_missing',
      message: 'Required input is missing',
      details: 'width',
      extra_info: { input_name: 'width' },
    },
  },
  {
    name: 'an integer is too small',
    prompt: withImageInputs({ width: 0 }),
    node: '1',
    classType: 'EmptyImage',
    error: {
      type: 'value_smaller_than_min',
      message: 'Value 0 smaller than min of 1',
      details: 'width',
      extra_info: { input_name: 'width', input_config: WIDTH_CONFIG, received_value: 0 },
    },
  },
  {
    name: 'an integer is too big',
    prompt: withImageInputs({ width: 16385 }),
    node: '1',
    classType: 'EmptyImage',
    error: {
      type: 'value_bigger_than_max',
      message: 'Value 16385 bigger than max of 16384',
      details: 'width',
      extra_info: { input_name: 'width', input_config: WIDTH_CONFIG, received_value: 16385 },
    },
  },
  {
    name: 'a text is no integer',
    prompt: withImageInputs({ width: 'wide' }),
    node: '1',
    classType: 'EmptyImage',
    error: {
      type: 'invalid_input_type',
      message: 'Failed to convert an input value to a INT value',
      details: "width, wide, invalid literal for int() with base 10: 'wide'",
      extra_info: {
        input_name: 'width',
        input_config: WIDTH_CONFIG,
        received_value: 'wide',
        exception_message: "invalid literal for int() with base 10: 'wide'",
      },
    },
  },
  {
    name: 'null is no integer',
    prompt: withImageInputs({ width: null }),
    node: '1',
    classType: 'EmptyImage',
    error: {
      type: 'invalid_input_type',
      message: 'Failed to convert an input value to a INT value',
      details: "width, None, int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
      extra_info: expect.objectContaining({ input_name: 'width', received_value: null }),
    },
  },
  {
    name: 'an object is no integer',
    prompt: withImageInputs({ width: { a: 'b' } }),
    node: '1',
    classType: 'EmptyImage',
    error: {
      type: 'invalid_input_type',
      message: 'Failed to convert an input value to a INT value',
      details: "width, {'a': 'b'}, int() argument must be a string, a bytes-like object or a real number, not 'dict'",
      extra_info: expect.objectContaining({ received_value: { a: 'b' } }),
    },
  },
  {
    name: 'a link has three parts',
    prompt: withSaveInputs({ images: ['1', 0, 1] }),
    node: '2',
    classType: 'SaveImage',
    error: {
      type: 'bad_linked_input',
      message: 'Bad linked input, must be a length-2 list of [node_id, slot_index]',
      details: 'images',
      extra_info: expect.objectContaining({ input_name: 'images', received_value: ['1', 0, 1] }),
    },
  },
  {
    name: 'a link has the wrong type',
    prompt: { ...savePrompt(), '1': { class_type: 'PrimitiveInt', inputs: { value: 1 } } },
    node: '2',
    classType: 'SaveImage',
    error: {
      type: 'return_type_mismatch',
      message: 'Return type mismatch between linked nodes',
      details: 'images, received_type(INT) mismatch input_type(IMAGE)',
      extra_info: expect.objectContaining({ input_name: 'images', received_type: 'INT', linked_node: ['1', 0] }),
    },
  },
  {
    name: 'a link names a node that is not there',
    prompt: withSaveInputs({ images: ['77', 0] }),
    node: '2',
    classType: 'SaveImage',
    error: {
      type: 'exception_during_validation',
      message: 'Exception when validating node',
      details: "'77'",
      extra_info: { exception_type: 'KeyError', traceback: expect.any(Array) },
    },
  },
  {
    name: 'a link names a slot that is not there',
    prompt: withSaveInputs({ images: ['1', 5] }),
    node: '2',
    classType: 'SaveImage',
    error: {
      type: 'exception_during_validation',
      message: 'Exception when validating node',
      details: 'tuple index out of range',
      extra_info: { exception_type: 'IndexError', traceback: expect.any(Array) },
    },
  },
  {
    name: 'a choice is not in the list',
    prompt: {
      ...savePrompt(),
      '2': {
        class_type: 'ImageScale',
        inputs: { image: ['1', 0], upscale_method: 'magic', width: 8, height: 8, crop: 'disabled' },
      },
      '3': { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: 'x' } },
    },
    node: '2',
    classType: 'ImageScale',
    error: {
      type: 'value_not_in_list',
      message: 'Value not in list',
      details: "upscale_method: 'magic' not in ['nearest-exact', 'bilinear', 'area', 'bicubic', 'lanczos']",
      extra_info: {
        input_name: 'upscale_method',
        input_config: [['nearest-exact', 'bilinear', 'area', 'bicubic', 'lanczos'], {}],
        received_value: 'magic',
      },
    },
  },
  {
    name: 'a picture to load is not there',
    prompt: { ...savePrompt(), '1': { class_type: 'LoadImage', inputs: { image: 'no such.png' } } },
    node: '1',
    classType: 'LoadImage',
    error: {
      type: 'custom_validation_failed',
      message: 'Custom validation failed for node',
      details: 'image - Invalid image file: no such.png',
      extra_info: { input_name: 'image' },
    },
  },
  {
    name: 'a float is too small',
    prompt: {
      ...savePrompt(),
      '2': { class_type: 'ImageBlur', inputs: { image: ['1', 0], blur_radius: 1, sigma: 0 } },
      '3': { class_type: 'PreviewImage', inputs: { images: ['2', 0] } },
    },
    node: '2',
    classType: 'ImageBlur',
    error: {
      type: 'value_smaller_than_min',
      message: 'Value 0.0 smaller than min of 0.1',
      details: 'sigma',
      extra_info: expect.objectContaining({ input_name: 'sigma', received_value: 0 }),
    },
  },
]

/** ComfyUI's refusals of a prompt. */
export function describeValidation({ client, throughGate }: ContractContext): void {
  describe('validation', () => {
    it.each(['{}', '[]'])('a body %s is refused as no_prompt', async (body) => {
      const answer = await client().send('POST', '/prompt', body)
      expect(answer.status).toBe(400)
      if (throughGate && body === '[]') return
      const text = 'No prompt provided'
      const error = { type: 'no_prompt', message: text, details: text, extra_info: {} }
      expect(answer.json()).toEqual({ error, node_errors: {} })
    })

    it('refuses a prompt without outputs', async () => {
      for (const prompt of [{}, { '1': savePrompt()['1'] }]) {
        const answer = await client().queue(prompt)
        expect(answer.status).toBe(400)
        const error = { type: 'prompt_no_outputs', message: 'Prompt has no outputs', details: '', extra_info: {} }
        expect(answer.json()).toEqual({ error, node_errors: {} })
      }
    })

    it('refuses a node without a class', async () => {
      const answer = await client().queue({ '7': { inputs: {} } })
      expect(answer.status).toBe(400)
      expect(answer.json()).toEqual({
        error: {
          type: 'invalid_prompt',
          message: 'Cannot execute because a node is missing the class_type property.',
          details: "Node ID '#7'",
          extra_info: {},
        },
        node_errors: {},
      })
    })

    it('refuses an unknown class', async () => {
      const answer = await client().queue({ '7': { class_type: 'NoSuchNode', inputs: {} } })
      expect(answer.status).toBe(400)
      expect(answer.json().error).toMatchObject({
        type: 'invalid_prompt',
        message: 'Cannot execute because node NoSuchNode does not exist.',
        details: "Node ID '#7'",
      })
    })

    it.each(NODE_ERRORS)('refuses when $name', async ({ prompt, node, classType, error }) => {
      const answer = await client().queue(prompt)
      expect(answer.status).toBe(400)
      const { error: whole, node_errors: nodeErrors } = answer.json()
      expect(whole).toMatchObject(OUTPUTS_FAILED)
      expect(Object.keys(nodeErrors)).toEqual([node])
      expect(nodeErrors[node].class_type).toBe(classType)
      expect(nodeErrors[node].dependent_outputs.length).toBeGreaterThan(0)
      expect(nodeErrors[node].errors).toEqual([error])
    })

    it('names all errors of an output in the details', async () => {
      const answer = await client().queue({ '2': { class_type: 'SaveImage', inputs: {} } })
      const lines = answer.json().error.details.split('\n').sort()
      expect(lines).toEqual(['Required input is missing: filename_prefix', 'Required input is missing: images'])
    })

    it('refuses a graph that feeds itself', async () => {
      const answer = await client().queue({
        '1': { class_type: 'ImageInvert', inputs: { image: ['2', 0] } },
        '2': { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
        '3': { class_type: 'PreviewImage', inputs: { images: ['2', 0] } },
      })
      expect(answer.status).toBe(400)
      expect(answer.json().error).toMatchObject({ type: 'prompt_outputs_failed_validation' })
    })

    it('accepts a prompt with one good output and names the errors of the other', async () => {
      const bad = { class_type: 'SaveImage', inputs: { images: ['1', 0] } }
      const answer = await client().queue({ ...savePrompt(), '5': bad })
      expect(answer.status).toBe(200)
      const { prompt_id: promptId, node_errors: nodeErrors } = answer.json()
      expect(Object.keys(nodeErrors)).toEqual(['5'])
      const entry = await client().waitForHistory(promptId)
      expect(Object.keys(entry.outputs)).toEqual(['2'])
    })

    it.each([
      ['a list', [1]],
      ['a number', 5],
      ['a list of nodes', [savePrompt()['1']]],
    ])('a prompt that is %s does not run and harms nothing', async (_name, prompt) => {
      const answer = await client().queue(prompt)
      expect(answer.status).toBe(throughGate ? 400 : 500)
      const { entry } = await client().run(savePrompt())
      expect(entry.status.status_str).toBe('success')
    })

    it.each([
      ['client_id is a list', { client_id: [] }],
      ['client_id is an object', { client_id: {} }],
      ['extra_data is a number', { extra_data: 5 }],
      ['number is no number', { number: 'nan' }],
      [
        'a node that hangs on nothing has no inputs',
        { prompt: { ...savePrompt(), '7': { class_type: 'EmptyImage' } } },
      ],
      ['inputs is a list', { prompt: { ...savePrompt(), '7': { class_type: 'EmptyImage', inputs: [1] } } }],
    ])('case 22: killer body: %s, and the next job still runs', async (_name, body) => {
      const answer = await client().post('/prompt', { prompt: savePrompt(), ...body })
      if (answer.status === 200) {
        const entry = await client().waitForHistory(answer.json().prompt_id)
        expect(entry.status.status_str).toBe('error')
      } else expect([400, 500]).toContain(answer.status)
      const { entry } = await client().run(savePrompt())
      expect(entry.status).toMatchObject({ status_str: 'success', completed: true })
    })
  })
}
