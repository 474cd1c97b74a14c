import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { explainPipFailure, FrontendInstallError } from '../../../launcher/practice/frontendInstallError.ts'
import {
  findFrontend,
  installFrontend,
  type InstallFrontendOptions,
} from '../../../launcher/practice/frontendPackage.ts'
import { listPythons } from '../../../launcher/practice/pipDownload.ts'

/** Plays `python -m pip download …`: notes what it was called with, then does what the scenario says. */
const FAKE_PYTHON = `
const { appendFileSync, copyFileSync, writeFileSync } = require('node:fs')
const { join, dirname } = require('node:path')
const [scenario, ...args] = process.argv.slice(2)
const here = dirname(process.argv[1])
const secret = Object.keys(process.env).filter((name) => name.startsWith('GATEHOUSE_'))
appendFileSync(join(here, 'calls.txt'), JSON.stringify({ args, tmp: process.env.TMPDIR, secret }) + '\\n')
const fail = (text) => { process.stderr.write(text + '\\n'); process.exit(1) }
if (scenario === 'noPip') fail("python: No module named pip")
if (scenario === 'offline') fail('WARNING: Retrying after connection broken by NewConnectionError: Temporary failure in name resolution\\nERROR: No matching distribution found')
if (scenario === 'hangs') { writeFileSync(join(process.env.TMPDIR, 'part.whl'), 'x'.repeat(500)); setInterval(() => {}, 1000) }
else copyFileSync(join(here, 'package.whl'), join(args[args.indexOf('--dest') + 1], 'package-1.0-py3-none-any.whl'))
`

const STATIC = 'comfyui_frontend_package/static'
const GOOD_FILES = {
  [`${STATIC}/index.html`]: '<html>',
  [`${STATIC}/assets/a-1.js`]: 'x',
  'comfyui_frontend_package/__init__.py': '',
}

interface Bench {
  readonly directory: string
  /** Where nothing may appear. */
  readonly outside: string
  options(scenario: string, others?: Partial<InstallFrontendOptions>): InstallFrontendOptions
  pack(files: Record<string, string>): Promise<void>
  calls(): Promise<{ args: string[]; tmp: string; secret: string[] }[]>
}

const it = test.extend<{ bench: Bench }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures from this pattern
  bench: async ({}, use) => {
    const outside = await mkdtemp(join(tmpdir(), 'gatehouse-frontend-'))
    const tools = join(outside, 'tools')
    await mkdir(tools)
    const script = join(tools, 'python.cjs')
    await writeFile(script, FAKE_PYTHON)
    let wheel = Buffer.alloc(0)
    const bench: Bench = {
      outside,
      directory: join(outside, 'data'),
      pack: async (files) => {
        wheel = Buffer.from(
          zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]))),
        )
        await writeFile(join(tools, 'package.whl'), wheel)
      },
      options: (scenario, others = {}) => ({
        directory: join(outside, 'data'),
        python: [{ file: process.execPath, args: [script, scenario] }],
        package: {
          name: 'package',
          version: '1.0',
          sha256: createHash('sha256').update(wheel).digest('hex'),
          bytes: Math.max(1, wheel.length),
        },
        ...others,
      }),
      calls: async () => {
        const path = join(tools, 'calls.txt')
        const lines = existsSync(path) ? (await readFile(path, 'utf8')).trim().split('\n') : []
        return lines.map((line) => JSON.parse(line))
      },
    }
    await bench.pack(GOOD_FILES)
    await use(bench)
    await rm(outside, { recursive: true, force: true })
  },
})

async function refusalOf(attempt: Promise<unknown>): Promise<FrontendInstallError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof FrontendInstallError)) throw new Error('was not refused')
  return error
}

describe('installFrontend', () => {
  it('puts the page, and only the page, into a folder of its version', async ({ bench }) => {
    const folder = await installFrontend(bench.options('works'))
    expect(folder).toBe(join(bench.directory, 'comfyui-frontend-1.0'))
    expect(await readFile(join(folder, 'index.html'), 'utf8')).toBe('<html>')
    expect((await readdir(folder)).sort()).toEqual(['assets', 'index.html'])
    expect(await readdir(bench.directory)).toEqual(['comfyui-frontend-1.0'])
    expect(await findFrontend(bench.directory, '1.0')).toBe(folder)
  })

  it('reports progress from 0 to 1, never backwards', async ({ bench }) => {
    const fractions: number[] = []
    await installFrontend(bench.options('works', { onProgress: ({ fraction }) => fractions.push(fraction) }))
    expect([fractions[0], fractions.at(-1)]).toEqual([0, 1])
    expect([...fractions].sort((a, b) => a - b)).toEqual(fractions)
  })

  it('downloads once', async ({ bench }) => {
    await installFrontend(bench.options('works'))
    await installFrontend(bench.options('works'))
    expect(await bench.calls()).toHaveLength(1)
  })

  it('lets pip run no code of the package, and keeps its files in our folder', async ({ bench }) => {
    await installFrontend(bench.options('works'))
    const [call] = await bench.calls()
    expect(call?.args.join(' ')).toMatch(/^-m pip download --no-deps --only-binary :all: .*package==1\.0$/)
    expect(call?.tmp.startsWith(bench.directory)).toBe(true)
  })

  it('gives pip none of our secrets', async ({ bench }) => {
    process.env['GATEHOUSE_SECRET'] = 'f'.repeat(64)
    try {
      await installFrontend(bench.options('works'))
    } finally {
      delete process.env['GATEHOUSE_SECRET']
    }
    expect((await bench.calls())[0]?.secret).toEqual([])
  })

  it('a swapped package (wrong hash) is thrown away', async ({ bench }) => {
    const options = bench.options('works')
    await bench.pack({ ...GOOD_FILES, [`${STATIC}/evil.js`]: 'evil' })
    expect((await refusalOf(installFrontend(options))).reason).toBe('wrongHash')
    expect(await readdir(bench.directory)).toEqual([])
  })

  it.for([
    `${STATIC}/../../../escaped.txt`,
    `${STATIC}/..`,
    `${STATIC}//etc/escaped.txt`,
    `${STATIC}/..\\..\\escaped.txt`,
    `${STATIC}/C:\\escaped.txt`,
    `${STATIC}/file.txt:stream`,
    `${STATIC}/trailing.`,
    `${STATIC}/.hidden`,
    `${STATIC}/nul\0.txt`,
  ])('zip slip: the name %j is refused and nothing is written', async (name, { bench }) => {
    await bench.pack({ ...GOOD_FILES, [name]: 'evil' })
    expect((await refusalOf(installFrontend(bench.options('works')))).reason).toBe('badPackage')
    expect(await readdir(bench.directory)).toEqual([])
    expect((await readdir(bench.outside)).sort()).toEqual(['data', 'tools'])
  })

  it('zip bomb: far too many files are refused', async ({ bench }) => {
    const many = Object.fromEntries(Array.from({ length: 5001 }, (_, index) => [`${STATIC}/f${index}`, '']))
    await bench.pack({ ...GOOD_FILES, ...many })
    expect((await refusalOf(installFrontend(bench.options('works')))).reason).toBe('badPackage')
    expect(await readdir(bench.directory)).toEqual([])
  })

  it('zip bomb: a huge file is refused by its declared size', async ({ bench }) => {
    await bench.pack({ ...GOOD_FILES, [`${STATIC}/huge.js`]: '0'.repeat(65 * 1024 * 1024) })
    expect((await refusalOf(installFrontend(bench.options('works')))).reason).toBe('badPackage')
    expect(await readdir(bench.directory)).toEqual([])
  })

  it.for([{ [`${STATIC}/other.html`]: '' }, { 'something/else.txt': '' }])(
    'a package without a page is refused',
    async (files, { bench }) => {
      await bench.pack(files)
      expect((await refusalOf(installFrontend(bench.options('works')))).reason).toBe('badPackage')
      expect(await findFrontend(bench.directory, '1.0')).toBeUndefined()
    },
  )

  it('says that the network is missing', async ({ bench }) => {
    const error = await refusalOf(installFrontend(bench.options('offline')))
    expect(error.reason).toBe('offline')
    expect(error.message).toContain('internet connection')
    expect(error.details).toContain('name resolution')
    expect(await readdir(bench.directory)).toEqual([])
  })

  it('says that there is no Python', async ({ bench }) => {
    const python = [{ file: join(bench.outside, 'no-such-python') }]
    expect((await refusalOf(installFrontend(bench.options('works', { python })))).reason).toBe('noPython')
  })

  it('takes the next Python when the first has no pip', async ({ bench }) => {
    const [works] = bench.options('works').python ?? []
    const [noPip] = bench.options('noPip').python ?? []
    if (!works || !noPip) throw new Error('no fake')
    expect(await installFrontend(bench.options('works', { python: [noPip, works] }))).toContain('comfyui-frontend-1.0')
    expect(await bench.calls()).toHaveLength(2)
  })

  it('says that pip is missing when no Python has it', async ({ bench }) => {
    const python = [...(bench.options('noPip').python ?? []), { file: join(bench.outside, 'no-such-python') }]
    expect((await refusalOf(installFrontend(bench.options('works', { python })))).reason).toBe('noPip')
  })

  it('can be cancelled while pip downloads, and leaves nothing', async ({ bench }) => {
    const cancel = new AbortController()
    const onProgress = ({ fraction }: { fraction: number }): void => {
      if (fraction > 0) cancel.abort()
    }
    const attempt = installFrontend(bench.options('hangs', { onProgress, signal: cancel.signal }))
    expect((await refusalOf(attempt)).reason).toBe('cancelled')
    expect(await readdir(bench.directory)).toEqual([])
  })

  it('starts nothing when it is cancelled already', async ({ bench }) => {
    expect((await refusalOf(installFrontend(bench.options('works', { signal: AbortSignal.abort() })))).reason).toBe(
      'cancelled',
    )
    expect(await bench.calls()).toEqual([])
  })

  it('removes what an attempt that was cut off left behind', async ({ bench }) => {
    await mkdir(join(bench.directory, '.frontend-old'), { recursive: true })
    await mkdir(join(bench.directory, 'comfyui-frontend-1.0'))
    await writeFile(join(bench.directory, 'comfyui-frontend-1.0', 'half.js'), '')
    const folder = await installFrontend(bench.options('works'))
    expect(await readdir(bench.directory)).toEqual(['comfyui-frontend-1.0'])
    expect((await readdir(folder)).sort()).toEqual(['assets', 'index.html'])
  })
})

describe('explainPipFailure', () => {
  it.for([
    ['/usr/bin/python3: No module named pip', 'noPip'],
    ['Python was not found; run without arguments to install', 'noPython'],
    ['OSError: [Errno 28] No space left on device', 'noSpace'],
    ['SSLError(SSLCertVerificationError(1, "CERTIFICATE_VERIFY_FAILED"))', 'certificate'],
    ['NewConnectionError(getaddrinfo failed)\nERROR: No matching distribution found for x', 'offline'],
    ['ERROR: Could not find a version that satisfies the requirement x', 'notFound'],
    ['something else entirely', 'failed'],
  ])('%j means %s', ([output = '', reason]) => {
    const error = explainPipFailure(output)
    expect(error.reason).toBe(reason)
    expect(error.message).toMatch(/^[A-Z].*\.$/s)
  })
})

describe('listPythons', () => {
  it('asks the launcher first on Windows, python3 first elsewhere', () => {
    expect(listPythons('win32')[0]).toEqual({ file: 'py', args: ['-3'] })
    expect(listPythons('darwin')[0]).toEqual({ file: 'python3' })
    expect(listPythons('linux')[0]).toEqual({ file: 'python3' })
  })
})
