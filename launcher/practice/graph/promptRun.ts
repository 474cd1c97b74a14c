import type { Clock } from '../../../proxy/core/clock.ts'
import type { Random } from '../../../proxy/core/random.ts'
import { frameToSharp } from '../nodes/imageBatch.ts'
import {
  InterruptedRun,
  NodeFailure,
  plain,
  type NodeClass,
  type NodeInputs,
  type NodeResult,
  type NodeRun,
  type NodeValue,
  type Preview,
  type UserFolders,
} from '../nodes/nodeClass.ts'
import { binaryEvents, type PracticeSockets } from '../practiceSockets.ts'
import { stringifyJson, type JsonObject, type JsonValue } from '../values/json.ts'
import { PythonValueError } from '../values/pythonValues.ts'
import { ExecutionOrder } from './executionOrder.ts'
import type { Interruption } from './interruption.ts'
import { NodeRefused } from './nodeRules.ts'
import { ProgressReport, toNodeIds } from './progressReport.ts'
import { classTypeOf, findLink, inputsOf } from './promptGraph.ts'
import type { QueueItem, RunResult } from './promptQueue.ts'

const PREVIEW_QUALITY = 95

/** What running a prompt needs. */
export interface ExecutorDeps {
  readonly classes: ReadonlyMap<string, NodeClass>
  readonly hub: PracticeSockets
  readonly interruption: Interruption
  readonly clock: Clock
  readonly random: Random
}

/** What a node gave, kept under its signature. */
export interface CachedResult {
  readonly outputs: readonly NodeValue[]
  readonly ui: { readonly meta: JsonObject; readonly output: JsonObject } | undefined
}

/** What a run may read and write: its user's folders, and what is kept of that user's last run. */
export interface RunScope {
  readonly folders: UserFolders
  readonly signatures: ReadonlyMap<string, string>
  readonly results: Map<string, CachedResult>
  readonly memories: Map<string, Map<string, string>>
  /** Whether a class may run just now. */
  readonly mayRun: (className: string) => boolean
}

/** One run of one prompt: its events, its progress and how it ended. */
export class PromptRun {
  readonly #item: QueueItem
  readonly #deps: ExecutorDeps
  readonly #progress: ProgressReport
  readonly #messages: [string, JsonObject][] = []
  readonly #executed: string[] = []
  #scope: RunScope | undefined
  #succeeded = true

  constructor(item: QueueItem, deps: ExecutorDeps) {
    this.#item = item
    this.#deps = deps
    this.#progress = new ProgressReport(item.promptId)
  }

  async runAll(scope: RunScope): Promise<void> {
    this.#scope = scope
    const { prompt, promptId, outputs } = this.#item
    const cached = Object.keys(prompt).filter((id) => resultOf(scope, id))
    this.addMessage('execution_cached', { nodes: cached, prompt_id: promptId })
    const order = new ExecutionOrder(prompt, outputs, this.#deps.classes, (id) => resultOf(scope, id) !== undefined)
    while (!order.isEmpty) {
      const id = order.findNext()
      if (id === undefined) throw new NodeFailure('graph.DependencyCycleError', 'Dependency cycle detected')
      if (!(await this.#runNode(id, scope))) return
      order.complete(id)
    }
    this.addMessage('execution_success', { prompt_id: promptId })
  }

  addMessage(event: string, data: JsonObject): void {
    const stamped = { ...data, timestamp: BigInt(this.#deps.clock.nowMs()) }
    this.#messages.push([event, stamped])
    this.#deps.hub.tellListener(event, stamped)
  }

  /** Ends the run with an error or, for InterruptedRun, as interrupted. */
  fail(nodeId: string, inputs: JsonObject, error: unknown): void {
    this.#succeeded = false
    const { prompt, promptId } = this.#item
    const place = {
      prompt_id: promptId,
      node_id: nodeId,
      node_type: classTypeOf(prompt, nodeId),
      executed: this.#executed,
    }
    if (error instanceof InterruptedRun) {
      this.addMessage('execution_interrupted', place)
      return
    }
    this.addMessage('execution_error', {
      ...place,
      exception_message: `${error instanceof Error ? error.message : 'unknown error'}\n`,
      exception_type: typeNameOf(error),
      traceback: [`  in ${classTypeOf(prompt, nodeId)}, node ${nodeId}\n`],
      current_inputs: inputs,
      current_outputs: Object.keys(prompt),
    })
  }

  toResult(): RunResult {
    const outputs: JsonObject = {}
    const meta: JsonObject = {}
    for (const [id, signature] of this.#scope?.signatures ?? []) {
      const ui = this.#scope?.results.get(signature)?.ui
      if (!ui) continue
      outputs[id] = ui.output
      meta[id] = ui.meta
    }
    return { succeeded: this.#succeeded, messages: this.#messages, outputs, meta }
  }

  /** @returns false when the run ended here */
  async #runNode(id: string, scope: RunScope): Promise<boolean> {
    const { hub, classes } = this.#deps
    const className = classTypeOf(this.#item.prompt, id)
    if (!scope.mayRun(className)) {
      this.fail(id, {}, new NodeRefused(id, className))
      return false
    }
    const cached = resultOf(scope, id)
    if (cached) {
      this.#sendExecuted(id, cached.ui?.output ?? null)
      this.#finishProgress(id)
      return true
    }
    let inputs: NodeInputs = new Map()
    try {
      const nodeClass = classes.get(className)
      if (!nodeClass) throw new NodeFailure('KeyError', 'the node class is gone')
      this.#progress.start(id)
      this.#sendProgressState()
      inputs = await this.#collectInputs(id, nodeClass, scope)
      hub.lastNodeId = id
      hub.tellListener('executing', { node: id, display_node: id, prompt_id: this.#item.promptId })
      this.#deps.interruption.check()
      const result = await nodeClass.execute(inputs, this.#toNodeRun(id, scope))
      const ui = result.ui && { meta: toMeta(id), output: { ...result.ui } }
      if (ui) this.#sendExecuted(id, ui.output)
      const signature = scope.signatures.get(id)
      if (signature !== undefined) scope.results.set(signature, { outputs: result.outputs, ui })
    } catch (error) {
      this.fail(id, describeInputs(inputs), error)
      return false
    }
    this.#finishProgress(id)
    this.#executed.push(id)
    return true
  }

  async #collectInputs(id: string, nodeClass: NodeClass, scope: RunScope): Promise<NodeInputs> {
    const types = await nodeClass.inputTypes(scope.folders)
    const known = new Set([...Object.keys(types.required), ...Object.keys(types.optional ?? {})])
    const collected = new Map<string, NodeValue>()
    for (const [name, value] of Object.entries(inputsOf(this.#item.prompt, id))) {
      if (!known.has(name)) continue
      const link = findLink(value)
      const linked = link ? resultOf(scope, link.nodeId)?.outputs[link.slot] : plain(value)
      if (linked) collected.set(name, linked)
    }
    return collected
  }

  #toNodeRun(id: string, scope: RunScope): NodeRun {
    const { folders, memories } = scope
    const { clock, random, interruption, hub } = this.#deps
    const key = memoryKey(this.#item.prompt, id)
    const memory = memories.get(key) ?? new Map<string, string>()
    memories.set(key, memory)
    const nodeRun: NodeRun = {
      nodeId: id,
      prompt: this.#item.prompt,
      extraData: this.#item.extraData,
      folders,
      clock,
      random,
      memory,
      checkInterrupted: () => interruption.check(),
      progress: (value, max, preview) => this.#reportProgress(id, value, max, preview),
      // ComfyUI sends this event to every client; here it is for whoever listens to this prompt.
      showText: (text) => {
        const payload = Buffer.concat([lengthPrefixed(id), Buffer.from(text)])
        hub.tellListenerBinary(binaryEvents.text, payload)
      },
      delay: (milliseconds) => interruption.delay(milliseconds),
      runClass: (name, inputs) => this.#runClass(`${id}.0.0.1`, name, { inputs, nodeRun, scope }),
    }
    return nodeRun
  }

  /** A node that another one put into its place has an id of its own, as ComfyUI gives it. */
  async #runClass(
    id: string,
    name: string,
    { inputs, nodeRun, scope }: { inputs: NodeInputs; nodeRun: NodeRun; scope: RunScope },
  ): Promise<NodeResult> {
    const nodeClass = this.#deps.classes.get(name)
    if (nodeClass === undefined) throw new NodeFailure('KeyError', `There is no class ${name}.`)
    if (!scope.mayRun(name)) throw new NodeRefused(id, name)
    return nodeClass.execute(inputs, nodeRun)
  }

  async #reportProgress(id: string, value: number, max: number, preview: Preview | undefined): Promise<void> {
    const { hub, interruption } = this.#deps
    interruption.check()
    const picture = preview && (await encodePreview(preview))
    const wantsMetadata = hub.wantsPreviewMetadata(hub.clientId)
    this.#progress.update(id, value, max)
    this.#sendProgressState()
    if (preview && picture && wantsMetadata) {
      const metadata = {
        ...toNodeIds(id, this.#item.promptId),
        image_type: preview.type === 'PNG' ? 'image/png' : 'image/jpeg',
      }
      const payload = Buffer.concat([lengthPrefixed(stringifyJson(metadata)), picture])
      hub.tellListenerBinary(binaryEvents.previewImageWithMetadata, payload)
    }
    hub.tellListener('progress', { value, max, prompt_id: this.#item.promptId, node: id })
    if (preview && picture && !wantsMetadata) {
      const format = Buffer.from([0, 0, 0, preview.type === 'PNG' ? 2 : 1])
      hub.tellListenerBinary(binaryEvents.previewImage, Buffer.concat([format, picture]))
    }
  }

  #sendExecuted(id: string, output: JsonValue): void {
    this.#deps.hub.tellListener('executed', { node: id, display_node: id, output, prompt_id: this.#item.promptId })
  }

  #finishProgress(id: string): void {
    this.#progress.finish(id)
    this.#sendProgressState()
  }

  #sendProgressState(): void {
    this.#deps.hub.tellListener('progress_state', this.#progress.toJson())
  }
}

function resultOf({ signatures, results }: RunScope, id: string): CachedResult | undefined {
  const signature = signatures.get(id)
  return signature === undefined ? undefined : results.get(signature)
}

/** Under which the memory of a node is kept: ComfyUI keeps node objects by id and class. */
export function memoryKey(prompt: JsonObject, id: string): string {
  return `${classTypeOf(prompt, id)} ${id}`
}

function toMeta(id: string): JsonObject {
  return { node_id: id, display_node: id, parent_node: null, real_node_id: id }
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

async function encodePreview({ type, image, maxSize }: Preview): Promise<Buffer> {
  const frame = image.frames[0]
  if (!frame) throw new NodeFailure('IndexError', 'a preview without a picture')
  let pipeline = frameToSharp(image, frame)
  if (maxSize !== undefined) pipeline = pipeline.resize(maxSize, maxSize, { fit: 'inside' })
  return type === 'PNG'
    ? pipeline.png({ compressionLevel: 1 }).toBuffer()
    : pipeline.jpeg({ quality: PREVIEW_QUALITY }).toBuffer()
}

function describeInputs(inputs: NodeInputs): JsonObject {
  return Object.fromEntries(
    Array.from(inputs, ([name, value]): [string, JsonValue] => [
      name,
      [
        value.kind === 'value'
          ? value.value
          : `${value.kind} ${value.width}x${value.height}, ${value.frames.length} frames`,
      ],
    ]),
  )
}

function typeNameOf(error: unknown): string {
  if (error instanceof NodeFailure || error instanceof PythonValueError) return error.typeName
  return error instanceof Error ? error.name : 'Exception'
}
