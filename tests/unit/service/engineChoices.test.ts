import { describe, expect, it } from 'vitest'
import { FakeSettings } from '../../support/gateFixture.ts'
import { systemInstallationDeps } from '../../../launcher/installation/installationDeps.ts'
import { EngineChoices } from '../../../service/engineChoices.ts'
import type { EngineOverride } from '../../../service/engineChoices.ts'

function setUp(override: EngineOverride = {}) {
  const settings = new FakeSettings()
  const choices = new EngineChoices({
    dataDirectory: '/data',
    nodeCommand: { file: 'node', args: [], env: {} },
    practiceEngine: '/app/practiceEngine.cjs',
    companionDirectory: '/app/companion',
    settings: {
      get: (name) => settings.get(name),
      setMany: (values) => Promise.reject(new Error(`nobody saves ${Object.keys(values).join()}`)),
    },
    installationDeps: systemInstallationDeps(),
    override,
  })
  return { settings, choices }
}

describe('the plan of the next start', () => {
  it('is made of the settings as they are by then', async () => {
    const { settings, choices } = setUp()
    await expect(choices.plan()).rejects.toMatchObject({ code: 'ENGINE_REFUSED' })
    settings.set('comfyui.engine', 'practice')
    expect(await choices.plan()).toMatchObject({ kind: 'practice' })
    expect(await choices.plan()).not.toHaveProperty('port')
    settings.set('comfyui.port', 8188)
    expect(await choices.plan()).toMatchObject({ port: 8188 })
    settings.set('comfyui.engine', 'comfyui')
    settings.set('comfyui.directory', '/nowhere/comfyui')
    await expect(choices.plan()).rejects.toThrow('/nowhere/comfyui')
  })

  it('is what serve was told for its run', async () => {
    const { settings, choices } = setUp({ engine: { kind: 'practice' }, port: 8188 })
    settings.set('comfyui.port', 8300)
    expect(await choices.plan()).toMatchObject({ kind: 'practice', port: 8188 })
    expect(choices.describe()).toEqual({ kind: 'practice' })
  })
})

describe('where the chosen engine keeps files', () => {
  const chosen = (args: string[], extraArguments: string[] = []) => {
    const { settings, choices } = setUp({ extraArguments })
    settings.set('comfyui.engine', 'comfyui')
    settings.set('comfyui.directory', '/nowhere/comfyui')
    settings.set('comfyui.arguments', args)
    return choices.folders()
  }

  it('is nowhere while none is chosen, and below the data folder for the practice engine', () => {
    const { settings, choices } = setUp()
    expect(choices.folders()).toEqual({ output: undefined, own: [], program: undefined })
    settings.set('comfyui.engine', 'practice')
    expect(choices.folders().output).toBe('/data/practice/output')
  })

  it.each([
    [[], '/nowhere/comfyui/output'],
    [['--base-directory', '/base'], '/base/output'],
    [['--output-directory=/pictures', '--base-directory', '/base'], '/pictures'],
    [['--output-dir', 'mine'], '/nowhere/comfyui/mine'],
    [['--output-directory', '/first', '--output-directory', '/last'], '/last'],
  ])('follows the arguments %j', (args, output) => {
    expect(chosen(args)).toMatchObject({ output, program: '/nowhere/comfyui' })
    expect(chosen([], args).output).toBe(output)
  })

  it('names every folder that must be nobody else’s', () => {
    const names = ['output', 'input', 'temp', 'user', 'models', 'custom_nodes']
    expect(chosen([]).own).toEqual(names.map((name) => `/nowhere/comfyui/${name}`))
    expect(chosen(['--temp-directory', '/fast']).own).toContain('/fast/temp')
  })
})
