import type { Progress } from './supervisorState.ts'

// Lines of ComfyUI 0.3.64 in the order in which they come (utils/extra_config.py, main.py, comfy/utils.py,
// comfy/model_management.py, server.py, nodes.py), with a rough share of the time.
const milestones: readonly (readonly [RegExp, number, string])[] = [
  [/^Adding extra search path/, 0.05, 'Reading settings'],
  [/^Prestartup times for custom nodes/, 0.1, 'Preparing custom nodes'],
  [/^Checkpoint files will always be loaded safely|^Total VRAM/, 0.35, 'Looking at the graphics card'],
  [/^Device: /, 0.4, 'Looking at the graphics card'],
  [/^(?:\*\* )?ComfyUI version: /, 0.5, 'Loading ComfyUI'],
  [/^\[Prompt Server\] web root/, 0.55, 'Loading nodes'],
  [/^Import times for custom nodes/, 0.85, 'Custom nodes are loaded'],
  [/^Starting server/, 0.95, 'Almost there'],
]

/** How far a starting engine is, by one line of its log. Readiness itself is never read from the log. */
export function findProgress(line: string): Progress | undefined {
  const found = milestones.find(([pattern]) => pattern.test(line))
  return found === undefined ? undefined : { fraction: found[1], text: found[2] }
}

/** ComfyUI says that its port is open now. */
export function isServing(line: string): boolean {
  return /^(?:Starting server|To see the GUI go to)/.test(line)
}
