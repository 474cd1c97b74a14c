import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkDesktopRuntime, librariesOpenedLater } from '../../../cli/doctor/desktopRuntime.ts'
import type { RuntimeSystem } from '../../../cli/doctor/desktopRuntime.ts'

const root = resolve(import.meta.dirname, '../../..')
const installed = librariesOpenedLater.map(({ file }) => `\t${file} (libc6,x86-64) => /lib/${file}`).join('\n')
const without = (file: string) => installed.replaceAll(`\t${file} `, '\tother ')

function system(changes: Partial<RuntimeSystem> & { linked?: string; libraries?: string }): RuntimeSystem {
  return {
    executable: '/opt/app/electron',
    isRoot: false,
    listLinked: () => Promise.resolve(changes.linked ?? '\tlibgtk-3.so.0 => /lib/libgtk-3.so.0 (0x0)'),
    listInstalled: () => Promise.resolve(changes.libraries ?? installed),
    restrictsSandbox: () => false,
    hasSandboxHelper: () => false,
    ...changes,
  }
}

describe("the doctor's look at the window's program", () => {
  it('finds nothing wrong where everything is there', async () => {
    expect(await checkDesktopRuntime(system({}))).toMatchObject([{ check: 'window', verdict: 'good' }])
  })

  it('names a library that no linker names, and its package', async () => {
    const [finding] = await checkDesktopRuntime(system({ libraries: without('libX11-xcb.so.1') }))
    expect(finding?.verdict).toBe('bad')
    expect(finding?.words).toMatch(/libX11-xcb\.so\.1.*libx11-xcb1/)
  })

  it('names a library that the linker does not find', async () => {
    const [finding] = await checkDesktopRuntime(
      system({ linked: '\tlibnss3.so => not found\n\tlibm.so.6 => /lib/m (0x0)' }),
    )
    expect(finding?.verdict).toBe('bad')
    expect(finding?.words).toContain('libnss3.so is missing')
  })

  it('only notes what the window can do without', async () => {
    const [finding] = await checkDesktopRuntime(system({ libraries: without('libGL.so.1') }))
    expect(finding).toMatchObject({ verdict: 'note' })
    expect(finding?.words).toContain('libgl1')
  })

  it('does not call well what it could not look at', async () => {
    const unknown = system({ listInstalled: () => Promise.resolve(undefined) })
    expect(await checkDesktopRuntime(unknown)).toMatchObject([{ verdict: 'note' }])
    expect(await checkDesktopRuntime(system({ executable: undefined }))).toMatchObject([{ verdict: 'note' }])
  })

  it('names the commands that give an ordinary person the sandbox, never the flag that drops it', async () => {
    const findings = await checkDesktopRuntime(system({ restrictsSandbox: () => true }))
    const sandbox = findings.find(({ check }) => check === 'sandbox')
    expect(sandbox?.verdict).toBe('bad')
    expect(sandbox?.words).toContain("sudo chmod 4755 '/opt/app/chrome-sandbox'")
    expect(sandbox?.words).not.toContain('--no-sandbox')
    const mended = await checkDesktopRuntime(system({ restrictsSandbox: () => true, hasSandboxHelper: () => true }))
    expect(mended.map(({ check }) => check)).toEqual(['window'])
  })
})

describe('the packages that are installed for the window', () => {
  const needed = librariesOpenedLater.filter((library) => library.needed).map((library) => library.package)

  it('bring every library that it opens only while it runs, in a checkout and in the .deb', async () => {
    const module: unknown = await import(pathToFileURL(join(root, 'scripts', 'lib', 'systemPackages.mjs')).href)
    const { systemPackages } = z
      .object({ systemPackages: z.object({ electron: z.array(z.array(z.string())) }) })
      .parse(module)
    const packaging = readFileSync(join(root, 'scripts', 'package.mjs'), 'utf8')

    expect(needed).toContain('libx11-xcb1')
    expect(systemPackages.electron.flat()).toEqual(expect.arrayContaining([...needed]))
    for (const name of needed) expect(packaging).toContain(`'${name}'`)
  })
})
