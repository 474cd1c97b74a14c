import { describe, expect, it } from 'vitest'
import { checkLaunchPlan, createLaunchCommand } from '../../../launcher/launchCommand.ts'
import type { LaunchPlan, StartFacts } from '../../../launcher/launchCommand.ts'
import { LaunchRefused } from '../../../launcher/launchRefused.ts'

const facts: StartFacts = {
  port: 21_234,
  secret: 'a1'.repeat(32),
  startId: 'b2'.repeat(16),
  parentPid: 4_711,
  platform: 'linux',
  environment: { PATH: '/usr/bin', NODE_OPTIONS: '--inspect', GATEHOUSE_SECRET: 'stale' },
}

function comfyui(extraArguments: readonly string[] = [], rest: { port?: number } = {}): LaunchPlan {
  return {
    kind: 'comfyui',
    installation: {
      kind: 'folder',
      directory: '/c',
      mainFile: '/c/main.py',
      version: '0.3.64',
      python: '/c/venv/bin/python',
      pythonArguments: ['-s'],
      ownArguments: ['--base-directory', '/b'],
      workingDirectory: '/c',
    },
    extraArguments,
    companionDirectory: '/app/comfyui-companion',
    generatedDirectory: '/data/generated',
    ...rest,
  }
}

describe('the command of a ComfyUI start', () => {
  it("puts the owner's arguments first and ours last, so that ours win", () => {
    const { file, args, workingDirectory } = createLaunchCommand(
      comfyui(['--cpu', '--port', '8188', '--listen', '127.0.0.1']),
      facts,
    )
    expect([file, workingDirectory]).toEqual(['/c/venv/bin/python', '/c'])
    expect(args).toEqual([
      ...['-s', '/c/main.py', '--preview-method', 'auto', '--base-directory', '/b'],
      ...['--cpu', '--port', '8188', '--listen', '127.0.0.1'],
      ...['--extra-model-paths-config', '/data/generated/companion.yaml', '--disable-auto-launch'],
      ...['--listen', '127.0.0.1', '--port', '21234'],
    ])
  })

  it("keeps the owner's own extra model paths beside ours", () => {
    const { args } = createLaunchCommand(comfyui(['--extra-model-paths-config', '/own.yaml']), facts)
    expect(args.filter((argument) => argument === '--extra-model-paths-config')).toHaveLength(2)
    expect(args).toContain('/own.yaml')
  })

  it('passes the secret by environment and never by argument', () => {
    const { args, env, commandParts } = createLaunchCommand(comfyui(), facts)
    expect(env).toMatchObject({
      GATEHOUSE_SECRET: facts.secret,
      GATEHOUSE_COMPANION: '1',
      GATEHOUSE_PARENT_PID: '4711',
      GATEHOUSE_ENGINE_START: facts.startId,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
      PYTHONIOENCODING: 'utf-8',
      PATH: '/usr/bin',
    })
    expect(env).not.toHaveProperty('NODE_OPTIONS')
    expect([...args, ...commandParts].join(' ')).not.toContain(facts.secret)
  })

  it("writes the companion's folder into a YAML file of its own", () => {
    const { generatedFile } = createLaunchCommand(comfyui(), facts)
    expect(generatedFile).toEqual({
      path: '/data/generated/companion.yaml',
      text: 'gatehouse:\n  custom_nodes: "/app/comfyui-companion"\n',
    })
  })

  it('lets the companion load where the owner switched custom nodes off', () => {
    const { args } = createLaunchCommand(
      comfyui(['--disable-all-custom-nodes', '--whitelist-custom-nodes', 'a', 'b', '--cpu']),
      facts,
    )
    const at = args.lastIndexOf('--whitelist-custom-nodes')
    expect(args.slice(at, at + 4)).toEqual(['--whitelist-custom-nodes', 'a', 'b', 'gatehouse_companion'])
    expect(args[at + 4]).toBe('--extra-model-paths-config')
  })

  it('joins paths as the platform does', () => {
    const plan = { ...comfyui(), generatedDirectory: 'C:\\data' }
    const { generatedFile } = createLaunchCommand(plan, { ...facts, platform: 'win32' })
    expect(generatedFile?.path).toBe('C:\\data\\companion.yaml')
  })

  it.each([
    ['--multi-user'],
    ['--multi'],
    ['--mu'],
    ['--enable-assets'],
    ['--enable-a'],
    ['--enable-cors-header'],
    ['--enable-cors-header', '*'],
    ['--enable-cors-header=*'],
    ['--enable-co=*'],
    ['--tls-keyfile', 'x'],
    ['--tls-certfile=x'],
    ['--tls'],
    ['--quick-test-for-ci'],
    ['--quick'],
    ['--listen'],
    ['--listen', '0.0.0.0'],
    ['--listen=0.0.0.0'],
    ['--listen=::'],
    ['--listen', '127.0.0.1,0.0.0.0'],
    ['--list', '0.0.0.0'],
    ['--listen', '--cpu'],
    ['--cpu', '--', '--listen'],
    ['--cpu\n--multi-user'],
    ['--listen='],
  ])('refuses %s %s', (...args) => {
    const extraArguments = args.filter((argument) => typeof argument === 'string')
    expect(() => createLaunchCommand(comfyui(extraArguments), facts)).toThrow(LaunchRefused)
    expect(() => createLaunchCommand(comfyui(['--cpu', ...extraArguments]), facts)).toThrow(
      /Please leave out|line break/,
    )
  })

  it.each([
    ['--cpu'],
    ['--max-upload-size', '500'],
    ['--mmap-torch-files'],
    ['--enable-compress-response-body'],
    ['--listen', '127.0.0.1'],
    ['--listen=127.0.0.1'],
    ['--listen', 'localhost,::1'],
    ['--lowvram'],
    ['--output-directory', '/--multi-user'],
    ['--preview-method=auto'],
  ])('accepts %s %s', (...args) => {
    const extraArguments = args.filter((argument) => typeof argument === 'string')
    expect(createLaunchCommand(comfyui(extraArguments), facts).args).toEqual(expect.arrayContaining(extraArguments))
  })

  it.each([0, -1, 65_536, 1.5, Number.NaN])('refuses port %s', (port) => {
    expect(() => checkLaunchPlan(comfyui([], { port }), 'linux')).toThrow(LaunchRefused)
  })
})

describe('the command of a practice start', () => {
  const plan: LaunchPlan = {
    kind: 'practice',
    nodeCommand: { file: '/app/electron', args: ['--x'], env: { ELECTRON_RUN_AS_NODE: '1' } },
    entry: '/app/practiceEngine.cjs',
    baseDirectory: '/data/practice',
    frontendDirectory: '/data/frontend',
  }

  it('runs the entry with Node, on our port, and ends with us', () => {
    const { file, args, env, hasStdin } = createLaunchCommand(plan, facts)
    expect([file, ...args]).toEqual([
      ...['/app/electron', '--x', '/app/practiceEngine.cjs', '--port', '21234', '--base-directory', '/data/practice'],
      ...['--frontend', '/data/frontend', '--exit-with-parent'],
    ])
    expect(env).toMatchObject({ ELECTRON_RUN_AS_NODE: '1', GATEHOUSE_SECRET: facts.secret })
    expect(hasStdin).toBe(true)
  })
})
