import type { Clock } from '../../../proxy/core/clock.ts'
import type { Random } from '../../../proxy/core/random.ts'
import type { JsonObject, JsonValue } from '../values/json.ts'

/** Pictures of one size, 8 bits a channel, RGB, rows from the top. Frames may be the same buffer: never write into one. */
export interface ImageBatch {
  readonly kind: 'image'
  readonly width: number
  readonly height: number
  readonly frames: readonly Buffer[]
}
/** Masks of one size, 8 bits; 255 is masked. */
export interface MaskBatch {
  readonly kind: 'mask'
  readonly width: number
  readonly height: number
  readonly frames: readonly Buffer[]
}
export interface PlainValue {
  readonly kind: 'value'
  readonly value: JsonValue
}
/** What travels along a link. */
export type NodeValue = ImageBatch | MaskBatch | PlainValue

/** ComfyUI's input declaration: a type name or the list of choices, then its options. */
export type InputSpec = [type: string | string[], options?: JsonObject]
export interface InputTypes {
  readonly required: Readonly<Record<string, InputSpec>>
  readonly optional?: Readonly<Record<string, InputSpec>>
  readonly hidden?: Readonly<Record<string, string>>
}

/** The model files that somebody may use. */
export interface ModelShelf {
  /** Names of the files of that kind, with `/` between their parts. */
  list(kind: string): Promise<string[]>
  /** Where a file lies that this name may mean; undefined: it may not be used. It need not be there. */
  find(kind: string, name: string): Promise<string | undefined>
}

/** One user's folders, absolute. */
export interface UserFolders {
  readonly input: string
  readonly output: string
  readonly temp: string
  readonly userdata: string
  readonly models: ModelShelf
}

/** The engine's folders, absolute. */
export interface EngineFolders {
  readonly base: string
  readonly models: string
  /** Those of whoever owns the engine. */
  readonly own: UserFolders
}

/** A picture on its way to the page while a node works. */
export interface Preview {
  readonly type: 'JPEG' | 'PNG'
  readonly image: ImageBatch
  /** The longest side that is sent, in pixels; undefined sends it as it is. */
  readonly maxSize?: number
}

/** What a node may use while it runs. */
export interface NodeRun {
  readonly nodeId: string
  readonly prompt: JsonObject
  readonly extraData: JsonObject
  /** Of the user whose prompt it is. */
  readonly folders: UserFolders
  readonly clock: Clock
  readonly random: Random
  /** Lives as long as this node id with this class occurs in consecutive prompts (ComfyUI keeps node objects so). */
  readonly memory: Map<string, string>
  /** @throws InterruptedRun when the run was interrupted */
  checkInterrupted(): void
  /** Reports progress, and the picture so far; checks for interruption first. @throws InterruptedRun */
  progress(value: number, max: number, preview?: Preview): Promise<void>
  /** Shows a line of text on the node. */
  showText(text: string): void
  /**
   * Runs another class in this node's place. @throws NodeFailure when there is none of that name, or it is none that
   * this person may run
   */
  runClass(name: string, inputs: NodeInputs): Promise<NodeResult>
  /** Resolves after that time, at once when the run is interrupted. */
  delay(milliseconds: number): Promise<void>
}

export interface NodeResult {
  readonly outputs: readonly NodeValue[]
  readonly ui?: Readonly<Record<string, JsonValue[]>>
}

export type NodeInputs = ReadonlyMap<string, NodeValue>

/** One kind of node, declared as ComfyUI declares it so that workflows run on both. */
export interface NodeClass {
  readonly name: string
  readonly displayName: string | null
  readonly category: string
  readonly description: string
  readonly pythonModule: string
  /** Which of ComfyUI's two node interfaces the original uses: /object_info differs. */
  readonly schema: 1 | 3
  readonly outputNode: boolean
  readonly outputs: readonly { readonly type: string; readonly name: string }[]
  inputTypes(folders: UserFolders): Promise<InputTypes>
  /** Inputs that the class checks itself; the returned text is the refusal. */
  readonly validate?: {
    readonly input: string
    check(value: JsonValue, folders: UserFolders): Promise<string | undefined>
  }
  /** A changed fingerprint makes a node run again although its inputs are the same; undefined: always again. */
  fingerprint?(inputs: JsonObject, folders: UserFolders): Promise<string | undefined>
  execute(inputs: NodeInputs, run: NodeRun): Promise<NodeResult>
}

/** The run was interrupted by its user. */
export class InterruptedRun extends Error {
  constructor() {
    super('interrupted')
  }
}

/** A node could not do its work; type and message go to the client as ComfyUI's exception would. */
export class NodeFailure extends Error {
  readonly typeName: string
  constructor(typeName: string, message: string) {
    super(message)
    this.typeName = typeName
  }
}

/** Wraps a plain value for a link. */
export function plain(value: JsonValue): PlainValue {
  return { kind: 'value', value }
}
