import type { JsonObject, JsonValue } from '../values/json.ts'
import {
  emptyImage,
  getImageSize,
  imageBatch,
  imageBlur,
  imageFromBatch,
  imageInvert,
  maskToImage,
  repeatImageBatch,
} from './imageNodes.ts'
import { imageCrop, imageFlip, imageRotate, imageScale, imageScaleBy } from './transformNodes.ts'
import { loadImage } from './loadImage.ts'
import type { UserFolders, InputTypes, NodeClass } from './nodeClass.ts'
import { practicePack } from './practicePack.ts'
import { practiceSampler } from './practiceSampler.ts'
import { previewImage, saveImage, saveImageWebsocket } from './saveNodes.ts'
import { previewAny, valueNodes } from './valueNodes.ts'

const CLASSES: readonly NodeClass[] = [
  saveImage,
  previewImage,
  loadImage,
  imageScale,
  imageScaleBy,
  imageInvert,
  imageBatch,
  emptyImage,
  imageBlur,
  repeatImageBatch,
  imageFromBatch,
  imageFlip,
  imageRotate,
  imageCrop,
  getImageSize,
  maskToImage,
  ...valueNodes,
  previewAny,
  saveImageWebsocket,
  practiceSampler,
  ...practicePack,
]

/** Every node class of the engine by its name. */
export const nodeClasses: ReadonlyMap<string, NodeClass> = new Map(CLASSES.map((node) => [node.name, node]))

/** What /object_info says about one class. */
export async function describeNode(node: NodeClass, folders: UserFolders): Promise<JsonObject> {
  const types = await node.inputTypes(folders)
  const names = node.outputs.map(({ name }) => name)
  const described: JsonObject = {
    input: toInputJson(types),
    input_order: toOrderJson(types),
    output: node.outputs.map(({ type }) => type),
    output_is_list: node.outputs.map(() => false),
    output_name: names,
    ...(node.schema === 3 && { output_tooltips: node.outputs.map(() => null) }),
    name: node.name,
    display_name: node.displayName,
    description: node.description,
    python_module: node.pythonModule,
    category: node.category,
    output_node: node.outputNode,
  }
  return node.schema === 3 ? { ...described, deprecated: false, experimental: false, api_node: false } : described
}

function toInputJson(types: InputTypes): JsonObject {
  const json: JsonObject = {}
  if (Object.keys(types.required).length > 0) json['required'] = specsToJson(types.required)
  if (types.optional) json['optional'] = specsToJson(types.optional)
  if (types.hidden) json['hidden'] = { ...types.hidden }
  return json
}

function specsToJson(specs: InputTypes['required']): JsonObject {
  return Object.fromEntries(
    Object.entries(specs).map(([name, [type, options]]): [string, JsonValue] => [
      name,
      options ? [type, options] : [type],
    ]),
  )
}

function toOrderJson(types: InputTypes): JsonObject {
  const json: JsonObject = { required: Object.keys(types.required) }
  if (types.optional) json['optional'] = Object.keys(types.optional)
  if (types.hidden) json['hidden'] = Object.keys(types.hidden)
  return json
}
