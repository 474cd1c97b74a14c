/** What is used of ComfyUI's frontend. Each version has other parts of it, and custom nodes change it. */

type Things = Readonly<Record<string, unknown>>

const isThings = (value: unknown): value is Things =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

function findThing(from: unknown, ...names: readonly string[]): unknown {
  let at = from
  for (const name of names) {
    if (!isThings(at)) return undefined
    at = at[name]
  }
  return at
}

export interface PageCommand {
  readonly id: string
  readonly label: string
  readonly icon: string
  readonly function: () => void
}

/** The frontend's application; undefined when it has none that we know. */
export const findApplication = (): unknown => findThing(window, 'comfyAPI', 'app', 'app') ?? findThing(window, 'app')

/**
 * Puts commands into the frontend's menu and its search. @returns false when this frontend cannot, or somebody else's
 * extension has taken the name; the badge needs neither.
 */
export function registerCommands(application: unknown, commands: readonly PageCommand[]): boolean {
  const register = findThing(application, 'registerExtension')
  if (typeof register !== 'function') return false
  try {
    Reflect.apply(register, application, [
      {
        name: 'Gatehouse',
        commands,
        menuCommands: [{ path: ['Gatehouse'], commands: commands.map(({ id }) => id) }],
        aboutPageBadges: [{ label: 'Gatehouse', url: '/gatehouse/', icon: 'pi pi-home' }],
      },
    ])
    return true
  } catch {
    // The frontend refuses a name that is taken already.
    return false
  }
}

/** The group in the frontend's bar before which extensions put their own; undefined while it is not shown. */
export function findBarGroup(application: unknown): HTMLElement | undefined {
  const group = findThing(application, 'menu', 'settingsGroup', 'element')
  const bar = findThing(application, 'menu', 'element')
  if (!(group instanceof HTMLElement) || !(bar instanceof HTMLElement) || !bar.contains(group)) return undefined
  return isShown(bar.parentElement) ? group : undefined
}

/** Somebody wants to see the canvas alone. */
export const isFocusMode = (application: unknown): boolean =>
  findThing(application, 'extensionManager', 'focusMode') === true

/** A workflow was changed since it was opened or saved. */
export function hasUnsavedWork(application: unknown): boolean {
  const open = findThing(application, 'extensionManager', 'workflow', 'openWorkflows')
  return Array.isArray(open) && open.some((workflow) => findThing(workflow, 'isModified') === true)
}

const isShown = (node: Element | null): boolean => node !== null && node.getClientRects().length > 0

/** What is on the canvas: ComfyUI's API format and its own file. */
export interface OpenWorkflow {
  readonly name: string
  readonly prompt: Things
  readonly canvas: Things | null
}

/** @returns undefined when this frontend cannot say it */
export async function readCanvas(application: unknown): Promise<OpenWorkflow | undefined> {
  const toPrompt = findThing(application, 'graphToPrompt')
  if (typeof toPrompt !== 'function') return undefined
  const made: unknown = await Reflect.apply(toPrompt, application, [])
  const [prompt, canvas] = [findThing(made, 'output'), findThing(made, 'workflow')]
  if (!isThings(prompt)) return undefined
  const name = findThing(application, 'extensionManager', 'workflow', 'activeWorkflow', 'filename')
  return {
    name: typeof name === 'string' && name !== '' ? name : 'Workflow',
    prompt,
    canvas: isThings(canvas) ? canvas : null,
  }
}

/** Opens a workflow beside those that are open. @returns false when this frontend cannot */
export async function showWorkflow(application: unknown, { name, prompt, canvas }: OpenWorkflow): Promise<boolean> {
  const [loadGraph, loadPrompt] = [findThing(application, 'loadGraphData'), findThing(application, 'loadApiJson')]
  if (canvas !== null && typeof loadGraph === 'function') {
    await Reflect.apply(loadGraph, application, [canvas, true, true, name])
    return true
  }
  if (typeof loadPrompt !== 'function') return false
  await Reflect.apply(loadPrompt, application, [prompt, name])
  return true
}
