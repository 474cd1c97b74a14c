import { describe, expect, it } from 'vitest'
import { inheritableEnvironment } from '../../../launcher/childEnvironment.ts'
import { companionYaml, quoteYaml } from '../../../launcher/companionConfig.ts'
import { LaunchRefused } from '../../../launcher/launchRefused.ts'

describe('what an engine inherits', () => {
  it("is the environment without Node's, Electron's and our own variables (secrets for every node to read, S-33)", () => {
    const environment = {
      PATH: '/usr/bin',
      HOME: '/home/x',
      HTTP_PROXY: 'http://proxy',
      CUDA_VISIBLE_DEVICES: '1',
      UNSET: undefined,
      NODE_OPTIONS: '--inspect',
      ELECTRON_RUN_AS_NODE: '1',
      GATEHOUSE_MASTER_KEY: 'secret',
      npm_config_x: '1',
    }
    expect(inheritableEnvironment(environment, 'linux')).toEqual({
      PATH: '/usr/bin',
      HOME: '/home/x',
      HTTP_PROXY: 'http://proxy',
      CUDA_VISIBLE_DEVICES: '1',
    })
  })

  it('knows no case on Windows, and does elsewhere', () => {
    const environment = { node_options: '--inspect', Gatehouse_Master_Key: 'secret', Path: 'C:\\' }
    expect(inheritableEnvironment(environment, 'win32')).toEqual({ Path: 'C:\\' })
    expect(inheritableEnvironment(environment, 'darwin')).toEqual(environment)
  })

  it('has no folder of a mounted AppImage in its path lists', () => {
    const environment = {
      APPDIR: '/tmp/.mount_x',
      APPIMAGE: '/x.AppImage',
      LD_LIBRARY_PATH: '/tmp/.mount_x/usr/lib',
      PATH: '/tmp/.mount_x:/usr/bin',
    }
    expect(inheritableEnvironment(environment, 'linux')).toEqual({ PATH: '/usr/bin' })
  })
})

describe("the companion's YAML", () => {
  it.each([
    ['C:\\Users\\A "B"\\x: #y', '"C:\\\\Users\\\\A \\"B\\"\\\\x: #y"'],
    ['/tmp/tab\there', '"/tmp/tab\\there"'],
    ['/home/jürgen/Bilder', '"/home/j\\u00fcrgen/Bilder"'],
    ['/home/🎨/x', '"/home/\\U0001f3a8/x"'],
    ['/x\u2028\u0085\u007f', '"/x\\u2028\\u0085\\u007f"'],
    ['%APPDATA%/$HOME/{a}', '"%APPDATA%/$HOME/{a}"'],
  ])('quotes %j', (path, quoted) => {
    expect(quoteYaml(path)).toBe(quoted)
  })

  it.each(['/a\nb', '/a\rb', '/a\0b'])('refuses %j, which ComfyUI would read as two paths', (path) => {
    expect(() => companionYaml(path)).toThrow(LaunchRefused)
  })
})
