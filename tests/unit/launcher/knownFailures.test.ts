import { describe, expect, it } from 'vitest'
import { diagnoseExit, findNotice, isCompanionFailure } from '../../../launcher/knownFailures.ts'
import { findProgress } from '../../../launcher/startProgress.ts'

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
    const diagnosis = diagnoseExit(['Traceback (most recent call last):', line], exit(code), false)
    expect(diagnosis).toMatchObject({ code: expected, isWorthARetry })
    expect(diagnosis.message).toMatch(/^[A-Z].*\.$/s)
    expect(diagnosis.message).not.toContain('Errno')
  })

  it('names the missing package', () => {
    const { message } = diagnoseExit(["ModuleNotFoundError: No module named 'torchsde'"], exit(1), false)
    expect(message).toContain('torchsde')
  })

  it('is not misled by a pack that could not load and ended nothing', () => {
    const pack = ["ModuleNotFoundError: No module named 'insightface'", 'Cannot import /c/custom_nodes/face']
    const rest = Array.from({ length: 10 }, (_, index) => `line ${index}`)
    expect(diagnoseExit([...pack, ...rest], exit(1), false).code).toBe('EXITED')
    expect(diagnoseExit([...pack, ...rest, 'address already in use'], exit(1), false).code).toBe('PORT_IN_USE')
  })

  it('tries again whatever the log says once the engine was ready', () => {
    const lines = ["ModuleNotFoundError: No module named 'x'"]
    expect(diagnoseExit(lines, exit(1), true)).toMatchObject({ code: 'MISSING_MODULE', isWorthARetry: true })
  })

  it.each([
    [exit(null, 'SIGKILL'), 'OUT_OF_MEMORY'],
    [exit(137), 'OUT_OF_MEMORY'],
    [exit(null, 'SIGSEGV'), 'EXITED'],
    [exit(3221225477), 'EXITED'],
  ])('%j is %s', (ended, code) => {
    expect(diagnoseExit(["ModuleNotFoundError: No module named 'x'", 'a', 'b', 'c', 'd', 'e'], ended, true).code).toBe(
      code,
    )
  })

  it('takes a bare usage text with exit code 2 for a bad argument', () => {
    expect(diagnoseExit(['usage: main.py [-h] [--listen [IP]]', 'odd words'], exit(2), false).code).toBe('BAD_ARGUMENT')
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
