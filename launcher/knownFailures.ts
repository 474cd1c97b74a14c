import { engineNames } from './engineName.ts'
import type { EngineKind, Failure, FailureCode } from './supervisorState.ts'

/** How a run ended, for people. */
export interface EngineExit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** What else is known about an exit. */
export interface ExitCircumstances {
  engine: EngineKind
  wasReady: boolean
  /** The system ended a process for lack of memory while this engine ran. */
  endedForMemory: boolean
}

export interface Diagnosis {
  code: FailureCode
  message: string
  /** False where the next try would fail in the same way. */
  isWorthARetry: boolean
}

const detailLines = 40
const searchedLines = 60
const lastWordLines = 5

interface KnownFailure {
  pattern: RegExp
  code: FailureCode
  isWorthARetry: boolean
  /** Packs that fail to load print the same text and end nothing: it counts only as the very end of the log. */
  isLastWord?: true
  say: (match: RegExpExecArray, engine: EngineKind) => string
}

const first = (match: RegExpExecArray): string => match[1] ?? ''

// Texts of ComfyUI 0.3.64 (main.py, nodes.py, comfy/cli_args.py), aiohttp, Python 3.9 to 3.13 and torch 2, tried by hand.
// The order matters: special before general.
const known: readonly KnownFailure[] = [
  {
    pattern: /\[gatehouse\] companion failed.*?: (.*)/,
    code: 'COMPANION_FAILED',
    isWorthARetry: false,
    say: (match) =>
      `Gatehouse could not protect this ComfyUI, so it was ended (${first(match)}). Update Gatehouse, or use a ComfyUI version that it knows.`,
  },
  {
    pattern: /(?:address already in use|only one usage of each socket address|Port (\d+) is already in use)/i,
    code: 'PORT_IN_USE',
    isWorthARetry: true,
    say: (_match, engine) =>
      `Another program took the port that ${engineNames[engine].inside} wanted. Gatehouse tries another one.`,
  },
  {
    pattern: /ModuleNotFoundError: No module named '([^']+)'/,
    code: 'MISSING_MODULE',
    isWorthARetry: false,
    isLastWord: true,
    say: (match) =>
      `ComfyUI needs the Python package ${first(match)}, which this environment lacks. Install ComfyUI's requirements.txt into it, then start again.`,
  },
  {
    pattern: /Torch not compiled with CUDA enabled/,
    code: 'TORCH_WITHOUT_CUDA',
    isWorthARetry: false,
    isLastWord: true,
    say: () =>
      "The installed PyTorch cannot use a graphics card. Install the CUDA version of PyTorch into this environment, or add --cpu to ComfyUI's arguments (slow).",
  },
  {
    pattern:
      /Found no NVIDIA driver|No CUDA GPUs are available|no CUDA-capable device|CUDA driver version is insufficient/i,
    code: 'NO_GPU',
    isWorthARetry: false,
    isLastWord: true,
    say: () =>
      "ComfyUI found no graphics card that it can use. Install or update its driver, or add --cpu to ComfyUI's arguments (slow).",
  },
  {
    pattern: /error: (unrecognized arguments: .*|argument --?\S+: .*|ambiguous option: .*)/,
    code: 'BAD_ARGUMENT',
    isWorthARetry: false,
    say: (match) =>
      `ComfyUI does not accept its arguments (${first(match)}). Change them under ComfyUI, then start again.`,
  },
  {
    pattern: /FileNotFoundError: .*?No such file or directory: '([^']+)'/,
    code: 'MISSING_PATH',
    isWorthARetry: false,
    isLastWord: true,
    say: (match) => `ComfyUI needs ${first(match)}, which is not there. Create it or change ComfyUI's arguments.`,
  },
  {
    pattern:
      /OutOfMemoryError|CUDA out of memory|DefaultCPUAllocator: (?:not enough|can't allocate) memory|^MemoryError|std::bad_alloc|JavaScript heap out of memory/,
    code: 'OUT_OF_MEMORY',
    isWorthARetry: true,
    say: (_match, engine) =>
      engine === 'practice'
        ? 'The practice engine ran out of memory. Close other programs, or make a smaller picture.'
        : "ComfyUI ran out of memory. Close other programs that use the graphics card, use a smaller model or picture, or add --lowvram to ComfyUI's arguments.",
  },
]

/**
 * Plain words for an exit, from the last lines of the log and the exit code. Pure. The newest line that says something
 * known decides; after a signal only memory counts, because packs print tracebacks that end nothing.
 */
export function diagnoseExit(
  lines: readonly string[],
  exit: EngineExit,
  { engine, wasReady, endedForMemory }: ExitCircumstances,
): Diagnosis {
  const name = engineNames[engine]
  const found = exit.signal === null ? findKnown(lines, engine) : findMemory(lines, engine)
  // What ran once can run again: only a start that failed tells that the next one would fail too.
  if (found !== undefined) return wasReady ? { ...found, isWorthARetry: true } : found
  if (exit.code === 2 && lines.slice(-searchedLines).some((line) => line.startsWith('usage: '))) {
    const message = 'ComfyUI does not accept its arguments. Change them under ComfyUI, then start again.'
    return { code: 'BAD_ARGUMENT', isWorthARetry: false, message }
  }
  // 137: what a shell in between says for SIGKILL. We did not send it, and no process can send it by a mistake of its own.
  if (exit.signal === 'SIGKILL' || exit.code === 137) {
    if (!endedForMemory) {
      return {
        code: 'KILLED',
        isWorthARetry: true,
        message: `${name.start} was ended from outside, by another program.`,
      }
    }
    const message = `The system ended ${name.inside}, because the computer's memory ran out. Close other programs, or use a smaller model or picture.`
    return { code: 'OUT_OF_MEMORY', isWorthARetry: true, message }
  }
  return { code: 'EXITED', isWorthARetry: true, message: `${name.start} ended unexpectedly (${describeExit(exit)}).` }
}

function findKnown(
  lines: readonly string[],
  engine: EngineKind,
  candidates: readonly KnownFailure[] = known,
): Diagnosis | undefined {
  const newestFirst = lines.slice(-searchedLines).reverse()
  for (const [age, line] of newestFirst.entries()) {
    for (const { pattern, code, isWorthARetry, isLastWord, say } of candidates) {
      const match = isLastWord === true && age >= lastWordLines ? null : pattern.exec(line)
      if (match !== null) return { code, isWorthARetry, message: say(match, engine) }
    }
  }
  return undefined
}

function findMemory(lines: readonly string[], engine: EngineKind): Diagnosis | undefined {
  const ofMemory = known.filter(({ code }) => code === 'OUT_OF_MEMORY')
  return findKnown(lines, engine, ofMemory)
}

function describeExit({ code, signal }: EngineExit): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`
}

/** A failure with the last lines of the log. */
export function toFailure(code: FailureCode, message: string, lines: readonly string[]): Failure {
  return { code, message, details: lines.slice(-detailLines).join('\n') }
}

/** Something the owner should know although ComfyUI runs. */
export interface EngineNotice {
  code: 'CUSTOM_NODE_FAILED'
  pack: string
  message: string
}

/** A pack that did not load: ComfyUI runs on without it. */
export function findNotice(line: string): EngineNotice | undefined {
  const match = /^\s*[\d.]+ seconds \((?:IMPORT|PRESTARTUP) FAILED\):\s*(.+)$/.exec(line)
  if (match === null) return undefined
  const pack = first(match).trim().split(/[\\/]/).at(-1) ?? ''
  const message = `The custom node pack ${pack} could not be loaded. ComfyUI runs without it; the log says why.`
  return { code: 'CUSTOM_NODE_FAILED', pack, message }
}

/** ComfyUI's own words for a companion that it did not load; it would go on without any protection. */
export function isCompanionFailure(line: string): boolean {
  return /(?:\(IMPORT FAILED\):|Cannot import|^Skip(?:ping)?) .*?gatehouse_companion/.test(line)
}
