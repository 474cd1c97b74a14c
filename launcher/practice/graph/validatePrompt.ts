import type { UserFolders, InputSpec, InputTypes, NodeClass } from '../nodes/nodeClass.ts'
import { isJsonObject, memberOf, type JsonObject, type JsonValue } from '../values/json.ts'
import { toPythonRepr, toPythonText } from '../values/pythonValues.ts'
import { convertAndCheck, inputError, toConfig, type PromptError } from './plainInputs.ts'

export type Validation =
  | { readonly ok: true; readonly outputs: string[]; readonly nodeErrors: JsonObject }
  | { readonly ok: false; readonly error: PromptError; readonly nodeErrors: JsonObject }

/** A body that ComfyUI answers with 500. */
export class MalformedPrompt extends Error {}

interface NodeVerdict {
  readonly valid: boolean
  readonly errors: PromptError[]
}

/** What Python would have thrown while validating. */
class ValidationCrash extends Error {
  readonly typeName: string
  constructor(typeName: string, message: string) {
    super(message)
    this.typeName = typeName
  }
}

/**
 * ComfyUI's validation of a prompt, in its order and with its words. Converts plain inputs to their types in `prompt`.
 * @param targets only these output nodes count when given (`partial_execution_targets`)
 * @throws MalformedPrompt where ComfyUI answers 500
 */
export async function validatePrompt(
  prompt: JsonValue,
  targets: readonly JsonValue[] | undefined,
  classes: ReadonlyMap<string, NodeClass>,
  folders: UserFolders,
): Promise<Validation> {
  if (!isJsonObject(prompt)) throw new MalformedPrompt('the prompt is no object')
  const outputs = collectOutputs(prompt, targets, classes)
  if (!Array.isArray(outputs)) return { ok: false, error: outputs, nodeErrors: {} }
  return new PromptValidator(prompt, classes, folders).validate(outputs)
}

function collectOutputs(
  prompt: JsonObject,
  targets: readonly JsonValue[] | undefined,
  classes: ReadonlyMap<string, NodeClass>,
): string[] | PromptError {
  const outputs: string[] = []
  for (const [id, node] of Object.entries(prompt)) {
    if (node === null || typeof node === 'boolean' || typeof node === 'number' || typeof node === 'bigint') {
      throw new MalformedPrompt('a node is no object')
    }
    const classType = isJsonObject(node) ? memberOf(node, 'class_type') : undefined
    if (classType === undefined)
      return invalidPrompt(id, 'Cannot execute because a node is missing the class_type property.')
    const nodeClass = typeof classType === 'string' ? classes.get(classType) : undefined
    if (nodeClass === undefined) {
      return invalidPrompt(id, `Cannot execute because node ${toPythonText(classType)} does not exist.`)
    }
    if (nodeClass.outputNode && (targets === undefined || targets.includes(id))) outputs.push(id)
  }
  if (outputs.length > 0) return outputs
  return { type: 'prompt_no_outputs', message: 'Prompt has no outputs', details: '', extra_info: {} }
}

function invalidPrompt(id: string, message: string): PromptError {
  return { type: 'invalid_prompt', message, details: `Node ID '#${id}'`, extra_info: {} }
}

class PromptValidator {
  readonly #prompt: JsonObject
  readonly #classes: ReadonlyMap<string, NodeClass>
  readonly #folders: UserFolders
  readonly #verdicts = new Map<string, NodeVerdict>()
  readonly #underWay = new Set<string>()
  readonly #inputTypes = new Map<NodeClass, InputTypes>()

  constructor(prompt: JsonObject, classes: ReadonlyMap<string, NodeClass>, folders: UserFolders) {
    this.#prompt = prompt
    this.#classes = classes
    this.#folders = folders
  }

  async validate(outputs: readonly string[]): Promise<Validation> {
    const good: string[] = []
    const reasons: string[] = []
    const nodeErrors = new Map<string, { errors: PromptError[]; dependentOutputs: string[] }>()
    for (const output of outputs) {
      const verdict = await this.#validateOutput(output)
      if (verdict.valid) {
        good.push(output)
        continue
      }
      reasons.push(...verdict.errors.map(({ message, details }) => `${message}: ${details}`))
      this.#collectNodeErrors(output, nodeErrors)
    }
    const described = this.#describeNodeErrors(nodeErrors)
    if (good.length > 0) return { ok: true, outputs: good, nodeErrors: described }
    const message = 'Prompt outputs failed validation'
    const error = { type: 'prompt_outputs_failed_validation', message, details: reasons.join('\n'), extra_info: {} }
    return { ok: false, error, nodeErrors: described }
  }

  #collectNodeErrors(
    output: string,
    nodeErrors: Map<string, { errors: PromptError[]; dependentOutputs: string[] }>,
  ): void {
    for (const [id, { errors }] of this.#verdicts) {
      if (errors.length === 0) continue
      const entry = nodeErrors.get(id) ?? { errors, dependentOutputs: [] }
      entry.dependentOutputs.push(output)
      nodeErrors.set(id, entry)
    }
  }

  #describeNodeErrors(nodeErrors: Map<string, { errors: PromptError[]; dependentOutputs: string[] }>): JsonObject {
    return Object.fromEntries(
      Array.from(nodeErrors, ([id, { errors, dependentOutputs }]): [string, JsonValue] => {
        const classType = this.#findNode(id)?.nodeClass.name ?? null
        return [id, { errors, dependent_outputs: dependentOutputs, class_type: classType }]
      }),
    )
  }

  async #validateOutput(id: string): Promise<NodeVerdict> {
    try {
      return await this.#validateNode(id)
    } catch (error) {
      const crash = toCrash(error)
      const reason = {
        type: 'exception_during_validation',
        message: 'Exception when validating node',
        details: crash.message,
        extra_info: { exception_type: crash.typeName, traceback: [] },
      }
      return this.#judge(id, false, [reason])
    }
  }

  async #validateNode(id: string): Promise<NodeVerdict> {
    const known = this.#verdicts.get(id)
    if (known) return known
    // A cycle: ComfyUI runs out of stack here and ends with an invalid prompt without a reason.
    if (this.#underWay.has(id)) return { valid: false, errors: [] }
    this.#underWay.add(id)
    try {
      return await this.#validateInputs(id)
    } finally {
      this.#underWay.delete(id)
    }
  }

  async #validateInputs(id: string): Promise<NodeVerdict> {
    const found = this.#findNode(id)
    if (!found) throw new ValidationCrash('KeyError', toPythonRepr(id))
    const inputs = memberOf(found.node, 'inputs')
    if (inputs === undefined) throw new ValidationCrash('KeyError', "'inputs'")
    if (!isJsonObject(inputs)) throw new ValidationCrash('TypeError', 'inputs is no object')
    const types = await this.#typesOf(found.nodeClass)
    const errors: PromptError[] = []
    let valid = true
    for (const [name, spec, required] of listInputs(types)) {
      const value = memberOf(inputs, name)
      if (value === undefined) {
        if (required) errors.push(inputError('required_input_missing', 'Required input is missing', name, name, {}))
      } else if (Array.isArray(value)) {
        const verdict = await this.#validateLink(name, spec, value)
        if (verdict === 'invalid') valid = false
        else if (verdict) errors.push(verdict)
      } else {
        const error = convertAndCheck(inputs, {
          name,
          spec,
          value,
          checkedByNode: found.nodeClass.validate?.input === name,
        })
        if (error) errors.push(error)
      }
    }
    const refusal = await this.#runOwnCheck(found.nodeClass, inputs)
    if (refusal) errors.push(refusal)
    return this.#judge(id, valid, errors)
  }

  #judge(id: string, valid: boolean, errors: PromptError[]): NodeVerdict {
    const verdict = { valid: valid && errors.length === 0, errors }
    this.#verdicts.set(id, verdict)
    return verdict
  }

  async #validateLink(name: string, spec: InputSpec, value: JsonValue[]): Promise<PromptError | 'invalid' | undefined> {
    const config = toConfig(spec)
    if (value.length !== 2) {
      const message = 'Bad linked input, must be a length-2 list of [node_id, slot_index]'
      return inputError('bad_linked_input', message, name, name, { input_config: config, received_value: value })
    }
    const [sourceId, slot] = value
    const source = typeof sourceId === 'string' ? this.#findNode(sourceId) : undefined
    if (!source || typeof sourceId !== 'string') throw new ValidationCrash('KeyError', toPythonRepr(sourceId ?? null))
    if (typeof slot !== 'bigint') throw new ValidationCrash('TypeError', 'tuple indices must be integers or slices')
    const receivedType = source.nodeClass.outputs[Number(slot)]?.type
    if (receivedType === undefined) throw new ValidationCrash('IndexError', 'tuple index out of range')
    if (!isTypeAccepted(receivedType, spec[0])) {
      const wanted = typeof spec[0] === 'string' ? spec[0] : toPythonRepr(spec[0])
      const details = `${name}, received_type(${receivedType}) mismatch input_type(${wanted})`
      const facts = { input_config: config, received_type: receivedType, linked_node: value }
      return inputError('return_type_mismatch', 'Return type mismatch between linked nodes', name, details, facts)
    }
    return this.#validateSource(name, config, value, sourceId)
  }

  async #validateSource(
    name: string,
    config: JsonValue,
    link: JsonValue[],
    sourceId: string,
  ): Promise<'invalid' | undefined> {
    try {
      return (await this.#validateNode(sourceId)).valid ? undefined : 'invalid'
    } catch (error) {
      const crash = toCrash(error)
      const facts = {
        input_config: config,
        exception_message: crash.message,
        exception_type: crash.typeName,
        traceback: [],
        linked_node: link,
      }
      const message = 'Exception when validating inner node'
      this.#judge(sourceId, false, [
        inputError('exception_during_inner_validation', message, name, crash.message, facts),
      ])
      return 'invalid'
    }
  }

  async #runOwnCheck(nodeClass: NodeClass, inputs: JsonObject): Promise<PromptError | undefined> {
    const { validate } = nodeClass
    const value = validate && memberOf(inputs, validate.input)
    if (!validate || value === undefined || Array.isArray(value)) return undefined
    const refusal = await validate.check(value, this.#folders)
    if (refusal === undefined) return undefined
    const details = `${validate.input} - ${refusal}`
    return inputError('custom_validation_failed', 'Custom validation failed for node', validate.input, details, {})
  }

  #findNode(id: string): { node: JsonObject; nodeClass: NodeClass } | undefined {
    const node = memberOf(this.#prompt, id)
    if (!isJsonObject(node)) return undefined
    const classType = memberOf(node, 'class_type')
    const nodeClass = typeof classType === 'string' ? this.#classes.get(classType) : undefined
    return nodeClass && { node, nodeClass }
  }

  async #typesOf(nodeClass: NodeClass): Promise<InputTypes> {
    const known = this.#inputTypes.get(nodeClass)
    if (known) return known
    const types = await nodeClass.inputTypes(this.#folders)
    this.#inputTypes.set(nodeClass, types)
    return types
  }
}

/** True when a link of that type may go into that input; types may be unions like `INT,FLOAT`. */
export function isTypeAccepted(received: string, wanted: string | readonly string[]): boolean {
  if (typeof wanted !== 'string') return false
  if (received === wanted || wanted === '*') return true
  const accepted = wanted.split(',').map((type) => type.trim())
  return received.split(',').some((type) => accepted.includes(type.trim()))
}

function listInputs(types: InputTypes): [name: string, spec: InputSpec, required: boolean][] {
  const list = (specs: InputTypes['required'], required: boolean) =>
    Object.entries(specs).map(([name, spec]): [string, InputSpec, boolean] => [name, spec, required])
  return [...list(types.required, true), ...list(types.optional ?? {}, false)]
}

function toCrash(error: unknown): ValidationCrash {
  if (error instanceof ValidationCrash) return error
  return new ValidationCrash('RuntimeError', error instanceof Error ? error.message : 'unknown error')
}
