import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'

export const repositoryRoot = resolve(import.meta.dirname, '..', '..')
export const hookFile = join(import.meta.dirname, 'desktopHook.cjs')

const runtimeSchema = z.object({
  executablePath: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  official: z.boolean(),
})
export type DesktopRuntime = z.infer<typeof runtimeSchema>

/** The Electron that `npm start` would use here. */
export async function findRuntime(): Promise<DesktopRuntime> {
  const file = join(repositoryRoot, 'scripts', 'electron-runtime', 'electronRuntime.mjs')
  const module = await import(pathToFileURL(file).href)
  return runtimeSchema.parse(await module.resolveElectron())
}

/** The arguments before the app's path, with the hook loaded first. The official Electron takes `-r`, the fallback a prelude. */
export function withHook(runtime: DesktopRuntime): string[] {
  if (runtime.official) return [...runtime.args, '-r', hookFile]
  const option = '--app-prelude='
  return runtime.args.map((argument) => {
    if (!argument.startsWith(option)) return argument
    const both = join(mkdtempSync(join(tmpdir(), 'gatehouse-hook-')), 'prelude.cjs')
    const files = [argument.slice(option.length), hookFile]
    writeFileSync(both, files.map((file) => `require(${JSON.stringify(file)})\n`).join(''))
    return `${option}${both}`
  })
}

/** The environment of a person who starts the app: nothing of the test runner's. */
export function cleanEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(VITEST|NODE_|npm_|GATEHOUSE_|ELECTRON_RUN_AS_NODE|TEST$)/.test(entry[0]),
  )
  return { ...Object.fromEntries(inherited), ...extra }
}

/** The Node 24 of the product, which also runs these tests. */
export const nodeFile = process.execPath

/** A Chromium for the second person. */
export function findChromium(): string {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
  if (found === undefined) throw new Error('these tests need chromium (Debian package chromium)')
  return found
}
