/** A ComfyUI that was inspected and can be started. */
export interface Installation {
  kind: 'folder' | 'portable' | 'desktop'
  /** What the owner knows it by: the folder they picked, or the base folder of ComfyUI Desktop. */
  directory: string
  mainFile: string
  /** ComfyUI's own version, such as 0.3.64. */
  version: string
  python: string
  /** For Python itself, before main.py. */
  pythonArguments: readonly string[]
  /** What this kind of installation passes to ComfyUI anyway; the owner's arguments come after it. */
  ownArguments: readonly string[]
  workingDirectory: string
}
