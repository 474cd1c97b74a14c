import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { candidateDirectories, findInstallations } from '../../../launcher/installation/findInstallations.ts'
import {
  describePython,
  inspectInstallation,
  parseVersion,
} from '../../../launcher/installation/inspectInstallation.ts'
import type { InstallationDeps } from '../../../launcher/installation/installationDeps.ts'

type FakeComputer = InstallationDeps & { ran: { file: string; args: readonly string[]; workingDirectory: string }[] }

const fine = 'warning: noise\ngatehouse-python:{"version":[3,12],"missing":{}}\n'

/** A computer that has just these files. */
function computer(
  platform: NodeJS.Platform,
  files: Record<string, string>,
  python: string | Error = fine,
): FakeComputer {
  const paths = platform === 'win32' ? path.win32 : path.posix
  const directories = new Set(Object.keys(files).flatMap((file) => parents(file, paths)))
  const ran: FakeComputer['ran'] = []
  return {
    platform,
    homeDirectory: platform === 'win32' ? 'C:\\Users\\anna' : platform === 'darwin' ? '/Users/anna' : '/home/anna',
    environment:
      platform === 'win32'
        ? { APPDATA: 'C:\\Users\\anna\\AppData\\Roaming', LOCALAPPDATA: 'C:\\Users\\anna\\AppData\\Local' }
        : {},
    isFile: (file) => file in files,
    isDirectory: (file) => directories.has(file),
    readText: (file) => files[file],
    run: (file, args, { workingDirectory }) => {
      ran.push({ file, args, workingDirectory })
      return python instanceof Error ? Promise.reject(python) : Promise.resolve(python)
    },
    ran,
  }
}

function parents(file: string, paths: typeof path.posix): string[] {
  const parent = paths.dirname(file)
  return parent === file ? [] : [parent, ...parents(parent, paths)]
}

/** The files of ComfyUI's code in a folder. */
function code(directory: string, paths: typeof path.posix = path.posix): Record<string, string> {
  const names = ['main.py', 'server.py', 'execution.py', 'folder_paths.py']
  const entries = names.map((name) => [paths.join(directory, name), ''] as const)
  return { ...Object.fromEntries(entries), [paths.join(directory, 'comfyui_version.py')]: '__version__ = "0.3.64"\n' }
}

describe('an installation', () => {
  it.each(['venv', '.venv'])('is a git clone with %s', async (venv) => {
    const deps = computer('linux', { ...code('/home/anna/ComfyUI'), [`/home/anna/ComfyUI/${venv}/bin/python`]: '' })
    const inspected = await inspectInstallation('/home/anna/ComfyUI', deps)
    expect(inspected).toEqual({
      ok: true,
      installation: {
        kind: 'folder',
        directory: '/home/anna/ComfyUI',
        mainFile: '/home/anna/ComfyUI/main.py',
        version: '0.3.64',
        python: `/home/anna/ComfyUI/${venv}/bin/python`,
        pythonArguments: [],
        ownArguments: [],
        workingDirectory: '/home/anna/ComfyUI',
      },
    })
    expect(deps.ran[0]).toMatchObject({ workingDirectory: '/home/anna/ComfyUI' })
  })

  it('is a git clone with a venv on Windows', async () => {
    const files = { ...code('D:\\ComfyUI', path.win32), 'D:\\ComfyUI\\venv\\Scripts\\python.exe': '' }
    const inspected = await inspectInstallation('D:\\ComfyUI', computer('win32', files))
    expect(inspected).toMatchObject({ ok: true, installation: { python: 'D:\\ComfyUI\\venv\\Scripts\\python.exe' } })
  })

  it('is a folder with ComfyUI and its venv side by side (comfy-cli)', async () => {
    const files = { ...code('/home/anna/comfy/ComfyUI'), '/home/anna/comfy/.venv/bin/python': '' }
    const inspected = await inspectInstallation('/home/anna/comfy', computer('linux', files))
    expect(inspected).toMatchObject({ ok: true, installation: { python: '/home/anna/comfy/.venv/bin/python' } })
  })

  it.each(['D:\\', 'D:\\ComfyUI_windows_portable', 'D:\\ComfyUI_windows_portable\\ComfyUI'])(
    'is the Windows portable build, picked at %s',
    async (picked) => {
      const root = 'D:\\ComfyUI_windows_portable'
      const files = { ...code(`${root}\\ComfyUI`, path.win32), [`${root}\\python_embeded\\python.exe`]: '' }
      const inspected = await inspectInstallation(picked, computer('win32', files))
      expect(inspected).toMatchObject({
        ok: true,
        installation: {
          kind: 'portable',
          directory: root,
          mainFile: `${root}\\ComfyUI\\main.py`,
          python: `${root}\\python_embeded\\python.exe`,
          pythonArguments: ['-s'],
          ownArguments: ['--windows-standalone-build'],
        },
      })
    },
  )

  it('is ComfyUI Desktop: its code in the app, everything else below its base folder', async () => {
    const base = 'D:\\Comfy Base'
    const app = 'C:\\Users\\anna\\AppData\\Local\\Programs\\@comfyorgcomfyui-electron\\resources\\ComfyUI'
    const data = 'C:\\Users\\anna\\AppData\\Roaming\\ComfyUI'
    const files = {
      ...code(app, path.win32),
      [`${app}\\web_custom_versions\\desktop_app\\index.html`]: '',
      [`${base}\\.venv\\Scripts\\python.exe`]: '',
      [`${base}\\user\\default\\x.json`]: '',
      [`${data}\\config.json`]: JSON.stringify({ basePath: base }),
      [`${data}\\extra_models_config.yaml`]: '',
    }
    const deps = computer('win32', files)
    expect(findInstallations(deps)).toEqual([{ kind: 'desktop', directory: base }])
    const inspected = await inspectInstallation(base, deps)
    expect(inspected).toMatchObject({
      ok: true,
      installation: {
        kind: 'desktop',
        directory: base,
        mainFile: `${app}\\main.py`,
        python: `${base}\\.venv\\Scripts\\python.exe`,
      },
    })
    const args = inspected.ok ? inspected.installation.ownArguments : []
    expect(args).toEqual(expect.arrayContaining(['--base-directory', base, '--output-directory', `${base}\\output`]))
    expect(args).toEqual(expect.arrayContaining(['--extra-model-paths-config', `${data}\\extra_models_config.yaml`]))
  })

  it('is ComfyUI Desktop on a Mac', async () => {
    const app = '/Applications/ComfyUI.app/Contents/Resources/ComfyUI'
    const files = {
      ...code(app),
      '/Users/anna/base/.venv/bin/python': '',
      '/Users/anna/base/user/x': '',
      '/Users/anna/Library/Application Support/ComfyUI/config.json': '{"basePath":"/Users/anna/base"}',
    }
    const deps = computer('darwin', files)
    expect(findInstallations(deps)).toEqual([{ kind: 'desktop', directory: '/Users/anna/base' }])
    expect(await inspectInstallation('/Users/anna/base', deps)).toMatchObject({
      ok: true,
      installation: { mainFile: `${app}/main.py` },
    })
  })
})

describe('one sentence for each thing that is missing', () => {
  const clone = { ...code('/c'), '/c/venv/bin/python': '' }
  const without = (name: string): Record<string, string> =>
    Object.fromEntries(Object.entries(clone).filter(([file]) => file !== name))

  it.each([
    ['the folder', '/nowhere', clone, fine, ['There is no folder /nowhere.']],
    [
      'main.py',
      '/c',
      without('/c/main.py'),
      fine,
      ['There is no ComfyUI in /c. Choose the folder that contains main.py.'],
    ],
    [
      'another file',
      '/c',
      without('/c/execution.py'),
      fine,
      ['execution.py is missing in /c. Update or reinstall ComfyUI.'],
    ],
    [
      'the version',
      '/c',
      without('/c/comfyui_version.py'),
      fine,
      [expect.stringContaining('does not say its version')],
    ],
    [
      'the Python',
      '/c',
      without('/c/venv/bin/python'),
      fine,
      [expect.stringContaining('No Python environment belongs')],
    ],
    [
      'a working Python',
      '/c',
      clone,
      new Error('timeout'),
      [expect.stringContaining('/c/venv/bin/python does not run')],
    ],
    ['an answer', '/c', clone, 'hello', [expect.stringContaining('makes no sense')]],
    [
      'torch',
      '/c',
      clone,
      'gatehouse-python:{"version":[3,12],"missing":{"torch":"ModuleNotFoundError: No module named"}}',
      [expect.stringContaining('package torch is missing')],
    ],
    [
      'two packages',
      '/c',
      clone,
      'gatehouse-python:{"version":[3,12],"missing":{"torch":"OSError: libcudart","aiohttp":"ModuleNotFoundError: x"}}',
      [
        expect.stringContaining('torch in /c/venv/bin/python does not load (OSError: libcudart)'),
        expect.stringContaining('aiohttp is missing'),
      ],
    ],
    [
      'a new Python',
      '/c',
      clone,
      'gatehouse-python:{"version":[3,8],"missing":{}}',
      [expect.stringContaining('is version 3.8')],
    ],
  ] as [string, string, Record<string, string>, string | Error, unknown[]][])(
    '%s',
    async (_name, picked, files, python, problems) => {
      expect(await inspectInstallation(picked, computer('linux', files, python))).toEqual({ ok: false, problems })
    },
  )

  it("goes with a Python of the owner's choice", async () => {
    const files = { ...without('/c/venv/bin/python'), '/opt/conda/bin/python': '' }
    const inspected = await inspectInstallation('/c', computer('linux', files), { python: '/opt/conda/bin/python' })
    expect(inspected).toMatchObject({ ok: true, installation: { python: '/opt/conda/bin/python' } })
    expect(await inspectInstallation('/c', computer('linux', clone), { python: '/no' })).toEqual({
      ok: false,
      problems: ['There is no Python at /no.'],
    })
  })
})

describe('looking for installations', () => {
  it('finds each one once and leaves other folders alone', () => {
    const files = {
      ...code('/home/anna/ComfyUI'),
      ...code('/opt/ComfyUI'),
      '/home/anna/Documents/ComfyUI/readme.txt': '',
    }
    expect(findInstallations(computer('linux', files))).toEqual([
      { kind: 'folder', directory: '/home/anna/ComfyUI' },
      { kind: 'folder', directory: '/opt/ComfyUI' },
    ])
  })

  it.each(['linux', 'darwin', 'win32'] as const)('looks at absolute places of %s only', (platform) => {
    const paths = platform === 'win32' ? path.win32 : path.posix
    const places = candidateDirectories(computer(platform, {}))
    expect(places.length).toBeGreaterThan(20)
    expect(places.filter((place) => !paths.isAbsolute(place))).toEqual([])
  })

  it.each(['', '{', '[]', '{"basePath":5}'])('is not disturbed by a broken Desktop configuration: %j', (text) => {
    expect(findInstallations(computer('linux', { '/home/anna/.config/ComfyUI/config.json': text }))).toEqual([])
  })
})

describe('reading without running', () => {
  it.each([
    ['__version__ = "0.3.64"', '0.3.64'],
    ["# x\n__version__ = '1.0.0rc1'\n", '1.0.0rc1'],
    ['__version__ = get()', undefined],
    ['__version__ = "$(rm)"', undefined],
  ])('the version of %j', (text, version) => {
    expect(parseVersion(text)).toBe(version)
  })

  it('finds no fault with a good Python', () => {
    expect(describePython(fine, '/p')).toEqual([])
  })
})
