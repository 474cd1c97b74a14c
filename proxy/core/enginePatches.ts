/**
 * What keeps people apart inside of an engine, by the names of its health answer. ComfyUI's companion patches it in
 * (resources/comfyui-companion, isolation/patching.py); the practice engine was built with it.
 */
export const enginePatches = [
  'folders',
  'savePath',
  'annotatedPaths',
  'cacheKeys',
  'nodeObjects',
  'userdata',
  'execution',
  'threads',
  'socketTarget',
  'nodeInputs',
  'fileAccess',
  'modelRules',
  'nodeRules',
] as const

/** The answer of an engine that has them all. */
export const everyEnginePatch: Readonly<Record<string, true>> = Object.fromEntries(
  enginePatches.map((name) => [name, true as const]),
)
