import { stringifyJson, type JsonValue } from '../values/json.ts'
import { toPythonText } from '../values/pythonValues.ts'
import { plain, type InputSpec, type InputTypes, type NodeClass, type NodeInputs, type NodeValue } from './nodeClass.ts'
import { plainInput, textInput } from './nodeInputs.ts'

const MAX_INT64 = 9223372036854775807n

interface ValueNodeParts {
  readonly name: string
  readonly displayName: string
  readonly category: string
  readonly module: string
  readonly output: { readonly type: string; readonly name: string }
  readonly required: InputTypes['required']
  readonly compute: (inputs: NodeInputs) => JsonValue
}

function valueNode(parts: ValueNodeParts): NodeClass {
  return {
    name: parts.name,
    displayName: parts.displayName,
    category: parts.category,
    description: '',
    pythonModule: parts.module,
    schema: 3,
    outputNode: false,
    outputs: [parts.output],
    inputTypes: () => Promise.resolve({ required: parts.required }),
    // async, so that a failing conversion rejects
    execute: (inputs) => new Promise((resolve) => resolve({ outputs: [plain(parts.compute(inputs))] })),
  }
}

function primitive(name: string, displayName: string, spec: InputSpec): NodeClass {
  const type = typeof spec[0] === 'string' ? spec[0] : 'COMBO'
  return valueNode({
    name,
    displayName,
    category: 'utils/primitive',
    module: 'comfy_extras.nodes_primitive',
    output: { type, name: type },
    required: { value: spec },
    compute: (inputs) => plainInput(inputs, 'value'),
  })
}

export const valueNodes: readonly NodeClass[] = [
  primitive('PrimitiveString', 'String', ['STRING', { multiline: false }]),
  primitive('PrimitiveStringMultiline', 'String (Multiline)', ['STRING', { multiline: true }]),
  primitive('PrimitiveInt', 'Int', ['INT', { min: -MAX_INT64, max: MAX_INT64, control_after_generate: true }]),
  primitive('PrimitiveFloat', 'Float', ['FLOAT', { min: -MAX_INT64, max: MAX_INT64 }]),
  primitive('PrimitiveBoolean', 'Boolean', ['BOOLEAN', {}]),
  valueNode({
    name: 'StringConcatenate',
    displayName: 'Concatenate',
    category: 'utils/string',
    module: 'comfy_extras.nodes_string',
    output: { type: 'STRING', name: 'STRING' },
    required: {
      string_a: ['STRING', { multiline: true }],
      string_b: ['STRING', { multiline: true }],
      delimiter: ['STRING', { default: '', multiline: false }],
    },
    compute: (inputs) => textInput(inputs, 'string_a') + textInput(inputs, 'delimiter') + textInput(inputs, 'string_b'),
  }),
  valueNode({
    name: 'StringLength',
    displayName: 'Length',
    category: 'utils/string',
    module: 'comfy_extras.nodes_string',
    output: { type: 'INT', name: 'length' },
    required: { string: ['STRING', { multiline: true }] },
    compute: (inputs) => BigInt(Array.from(textInput(inputs, 'string')).length),
  }),
  valueNode({
    name: 'RegexMatch',
    displayName: 'Regex Match',
    category: 'utils/string',
    module: 'comfy_extras.nodes_string',
    output: { type: 'BOOLEAN', name: 'matches' },
    required: {
      string: ['STRING', { multiline: true }],
      regex_pattern: ['STRING', { multiline: true }],
      case_insensitive: ['BOOLEAN', { default: true }],
      multiline: ['BOOLEAN', { default: false }],
      dotall: ['BOOLEAN', { default: false }],
    },
    // A plain search: a pattern could hold this engine's one thread for ever.
    compute: (inputs) => textInput(inputs, 'string').includes(textInput(inputs, 'regex_pattern')),
  }),
]

export const previewAny: NodeClass = {
  name: 'PreviewAny',
  displayName: 'Preview Any',
  category: 'utils',
  description: '',
  pythonModule: 'comfy_extras.nodes_preview_any',
  schema: 1,
  outputNode: true,
  outputs: [],
  inputTypes: () => Promise.resolve({ required: { source: ['*', {}] } }),
  execute: (inputs) => Promise.resolve({ outputs: [], ui: { text: [describe(inputs.get('source'))] } }),
}

function describe(value: NodeValue | undefined): string {
  if (value === undefined) return 'None'
  if (value.kind !== 'value') return `${value.frames.length} ${value.kind}(s) of ${value.width} x ${value.height}`
  const isText = typeof value.value === 'object' && value.value !== null
  return isText ? stringifyJson(value.value) : toPythonText(value.value)
}
