import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { appPaths, parseCommandLine } from '../../../electron/shell/appPaths.ts'

describe('parseCommandLine', () => {
  it.each([
    [['electron', '.', '--data-dir', '/d'], {}, '/d'],
    [['electron', '.', '--data-dir=/d'], {}, '/d'],
    [['electron', '.'], { GATEHOUSE_DATA_DIR: '/e' }, '/e'],
    [['electron', '.', '--data-dir', '/d'], { GATEHOUSE_DATA_DIR: '/e' }, '/d'],
    [['electron', '.', '--data-dir', 'd'], {}, resolve('d')],
    [['electron', '.'], {}, undefined],
    [['electron', '.', '--data-dir'], {}, undefined],
  ])('%j with %j → %s', (argv, environment, dataDirectory) => {
    expect(parseCommandLine(argv, environment).dataDirectory).toBe(dataDirectory)
  })

  it('starts hidden only when asked', () => {
    expect(parseCommandLine(['gatehouse', '--hidden'], {}).hidden).toBe(true)
    expect(parseCommandLine(['gatehouse'], {}).hidden).toBe(false)
  })
})

describe('appPaths', () => {
  it('gives Python its files outside the asar when packaged', () => {
    const paths = appPaths({
      packaged: true,
      appDirectory: '/o/resources/app.asar',
      resourcesDirectory: '/o/resources',
    })
    expect(paths.companionDirectory).toBe('/o/resources/comfyui-companion')
    expect(paths.preload).toBe('/o/resources/app.asar/dist/preload.cjs')
  })

  it('finds everything below the root of a checkout', () => {
    const paths = appPaths({ packaged: false, appDirectory: '/src', resourcesDirectory: '/electron/resources' })
    expect(paths.companionDirectory).toBe('/src/resources/comfyui-companion')
    expect(paths.practiceEngine).toBe('/src/dist/practiceEngine.cjs')
  })
})
