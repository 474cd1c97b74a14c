import { describe, expect, it } from 'vitest'
import { diagnoseExit, findNotice, isCompanionFailure } from '../../../launcher/knownFailures.ts'
import { findProgress } from '../../../launcher/startProgress.ts'

const starting = { engine: 'comfyui', wasReady: false, endedForMemory: false } as const
const running = { ...starting, wasReady: true }

const exit = (code: number | null, signal: NodeJS.Signals | null = null) => ({ code, signal })

describe('plain words for the end of an engine', () => {
  it.each([
    [
      1,
      'PORT_IN_USE',
      true,
      "OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 8199): address already in use",
    ],
    [
      1,
      'PORT_IN_USE',
      true,
      "OSError: [Errno 10048] error while attempting to bind on address ('127.0.0.1', 8199): only one usage of each socket address (protocol/network address/port) is normally permitted",
    ],
    [1, 'PORT_IN_USE', true, 'Port 8188 is already in use on address 127.0.0.1. Please close the other program'],
    [1, 'MISSING_MODULE', false, "ModuleNotFoundError: No module named 'torchsde'"],
    [
      1,
      'NO_GPU',
      false,
      'RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU',
    ],
    [1, 'NO_GPU', false, 'RuntimeError: No CUDA GPUs are available'],
    [1, 'TORCH_WITHOUT_CUDA', false, 'AssertionError: Torch not compiled with CUDA enabled'],
    [2, 'BAD_ARGUMENT', false, 'main.py: error: unrecognized arguments: --nonsense'],
    [2, 'BAD_ARGUMENT', false, "main.py: error: argument --port: invalid int value: 'x'"],
    [2, 'BAD_ARGUMENT', false, "main.py: error: argument --user-directory: The path '/no' does not exist."],
    [1, 'MISSING_PATH', false, "FileNotFoundError: [Errno 2] No such file or directory: '/no/such.yaml'"],
    [1, 'OUT_OF_MEMORY', true, 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB'],
    [1, 'OUT_OF_MEMORY', true, 'MemoryError'],
    [78, 'COMPANION_FAILED', false, "[gatehouse] companion failed, ComfyUI ends here: AttributeError: no 'instance'"],
    [1, 'EXITED', true, 'RuntimeError: something else'],
  ] as const)('exit code %i, %s', (code, expected, isWorthARetry, line) => {
    const diagnosis = diagnoseExit(['Traceback (most recent call last):', line], exit(code), starting)
    expect(diagnosis).toMatchObject({ code: expected, isWorthARetry })
    expect(diagnosis.message).toMatch(/^[A-Z].*\.$/s)
    expect(diagnosis.message).not.toContain('Errno')
  })

  it('names the missing package', () => {
    const { message } = diagnoseExit(["ModuleNotFoundError: No module named 'torchsde'"], exit(1), starting)
    expect(message).toContain('torchsde')
  })

  it('is not misled by a pack that could not load and ended nothing', () => {
    const pack = ["ModuleNotFoundError: No module named 'insightface'", 'Cannot import /c/custom_nodes/face']
    const rest = Array.from({ length: 10 }, (_, index) => `line ${index}`)
    expect(diagnoseExit([...pack, ...rest], exit(1), starting).code).toBe('EXITED')
    expect(diagnoseExit([...pack, ...rest, 'address already in use'], exit(1), starting).code).toBe('PORT_IN_USE')
  })

  it('tries again whatever the log says once the engine was ready', () => {
    const lines = ["ModuleNotFoundError: No module named 'x'"]
    expect(diagnoseExit(lines, exit(1), running)).toMatchObject({ code: 'MISSING_MODULE', isWorthARetry: true })
  })

  it.each([
    [exit(null, 'SIGKILL'), 'KILLED'],
    [exit(137), 'KILLED'],
    [exit(null, 'SIGSEGV'), 'EXITED'],
    [exit(3221225477), 'EXITED'],
  ])('%j is %s', (ended, code) => {
    expect(
      diagnoseExit(["ModuleNotFoundError: No module named 'x'", 'a', 'b', 'c', 'd', 'e'], ended, running).code,
    ).toBe(code)
  })

  it.each([exit(null, 'SIGKILL'), exit(137)])('%j is for lack of memory only when the system says so', (ended) => {
    expect(diagnoseExit(['Requested to load SDXL'], ended, running).message).toBe(
      'ComfyUI was ended from outside, by another program.',
    )
    const killed = diagnoseExit(['Requested to load SDXL'], ended, { ...running, endedForMemory: true })
    expect(killed).toMatchObject({ code: 'OUT_OF_MEMORY', isWorthARetry: true })
    expect(killed.message).toContain("The system ended ComfyUI, because the computer's memory ran out")
    expect(diagnoseExit(['CUDA out of memory'], ended, running).code).toBe('OUT_OF_MEMORY')
  })

  it.each([
    [exit(null, 'SIGKILL'), 'x', false],
    [exit(null, 'SIGKILL'), 'x', true],
    [exit(1), 'address already in use', false],
    [exit(null, 'SIGABRT'), 'FATAL ERROR: Reached heap limit - JavaScript heap out of memory', false],
    [exit(3), 'x', false],
  ])('names the practice engine where it is the one that ended: %j %s', (ended, line, endedForMemory) => {
    const { message } = diagnoseExit([line], ended, { engine: 'practice', wasReady: true, endedForMemory })
    expect(message).toMatch(/practice engine/)
    expect(message).not.toMatch(/ComfyUI|graphics/)
  })

  it('takes a bare usage text with exit code 2 for a bad argument', () => {
    expect(diagnoseExit(['usage: main.py [-h] [--listen [IP]]', 'odd words'], exit(2), starting).code).toBe(
      'BAD_ARGUMENT',
    )
  })
})

describe('notices', () => {
  it.each([
    ['   0.4 seconds (IMPORT FAILED): /c/custom_nodes/broken-pack', 'broken-pack'],
    ['   0.0 seconds (PRESTARTUP FAILED): C:\\c\\custom_nodes\\broken', 'broken'],
  ])('name the pack that did not load: %s', (line, pack) => {
    expect(findNotice(line)).toMatchObject({ code: 'CUSTOM_NODE_FAILED', pack, message: expect.stringContaining(pack) })
  })

  it('are silent about packs that did', () => {
    expect(findNotice('   0.4 seconds: /c/custom_nodes/fine')).toBeUndefined()
  })
})

describe('progress of a start', () => {
  it('grows along the log of ComfyUI 0.3.64', () => {
    const log = [
      'Adding extra search path custom_nodes /app',
      'Prestartup times for custom nodes:',
      'Total VRAM 24000 MB, total RAM 64000 MB',
      'Device: cuda:0 NVIDIA GeForce RTX 4090',
      'ComfyUI version: 0.3.64',
      '[Prompt Server] web root: /x',
      'Import times for custom nodes:',
      'Starting server',
    ]
    const fractions = log.map((line) => findProgress(line)?.fraction ?? -1)
    expect(fractions.every((fraction, index) => fraction > (fractions[index - 1] ?? 0) && fraction < 1)).toBe(true)
  })

  it('is not moved by other lines', () => {
    expect(findProgress('a pack says: Starting server')).toBeUndefined()
  })
})

describe('a companion that did not load', () => {
  it.each([
    ['Cannot import /app/comfyui-companion/gatehouse_companion module for custom nodes: not today', true],
    ['   0.0 seconds (IMPORT FAILED): /app/comfyui-companion/gatehouse_companion', true],
    ['Skip /app/gatehouse_companion module for custom nodes due to the lack of NODE_CLASS_MAPPINGS', true],
    ['Skipping gatehouse_companion due to disable_all_custom_nodes and whitelist_custom_nodes', true],
    ['   0.0 seconds: /app/comfyui-companion/gatehouse_companion', false],
    ['   0.1 seconds (IMPORT FAILED): /c/custom_nodes/other', false],
  ])('%s', (line, expected) => {
    expect(isCompanionFailure(line)).toBe(expected)
  })
})
