import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const productFolders = ['electron', 'service', 'cli', 'launcher', 'proxy', 'renderer']

/** What a folder may import besides itself. The longest matching prefix on the left decides. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  electron: ['service', 'launcher', 'proxy'],
  'electron/ipc/schema.ts': ['proxy/contract'],
  'electron/preload.ts': ['electron/ipc/schema.ts'],
  cli: ['service', 'launcher', 'proxy'],
  service: ['launcher', 'proxy'],
  // Attacks come from outside: they know what is agreed on, and nothing of how it is done.
  'service/protection/cases': [
    'service/protection',
    'proxy/contract',
    'proxy/core',
    'proxy/comfyui/routeRows.ts',
    'proxy/comfyui/routeTable.ts',
  ],
  renderer: ['proxy/contract', 'electron/ipc/schema.ts'],
  // Runs in ComfyUI's page: no schema library of the pages, and nothing that administers.
  'renderer/canvas': ['proxy/contract/roles.ts', 'proxy/contract/byteWords.ts', 'renderer/features/jobs/jobWords.ts'],
  launcher: ['proxy/core'],
  'launcher/practice': ['proxy/core'],
  'proxy/core': [],
  // Pages say of an address where it is: the one definition, which needs nothing of Node.
  'proxy/contract': ['proxy/core/homeAddresses.ts'],
  'proxy/gate.ts': ['proxy'],
  'proxy/http': ['proxy/contract', 'proxy/core', 'proxy/pipeline/requestContext.ts'],
  'proxy/network': [
    'proxy/contract',
    'proxy/core',
    'proxy/database',
    'proxy/http/peerRules.ts',
    'proxy/http/secureContext.ts',
    'proxy/http/tlsSource.ts',
    'proxy/accounts/actedBy.ts',
  ],
  'proxy/policy': ['proxy/contract', 'proxy/core', 'proxy/pipeline/requestContext.ts', 'proxy/comfyui/routeTable.ts'],
  'proxy/comfyui': ['proxy/contract', 'proxy/core', 'proxy/http', 'proxy/pipeline/requestContext.ts'],
  'proxy/forward': ['proxy/contract', 'proxy/core', 'proxy/http', 'proxy/comfyui', 'proxy/pipeline/requestContext.ts'],
  'proxy/pipeline': [
    'proxy/contract',
    'proxy/core',
    'proxy/http',
    'proxy/policy',
    'proxy/network',
    'proxy/comfyui',
    'proxy/forward',
    'proxy/isolation',
    'proxy/jobs',
    'proxy/nodes',
    'proxy/workflows',
  ],
  'proxy/workflows': [
    'proxy/contract',
    'proxy/core',
    'proxy/database',
    'proxy/comfyui',
    'proxy/accounts/accountName.ts',
    'proxy/accounts/actedBy.ts',
    'proxy/pipeline/requestContext.ts',
  ],
  'proxy/probe': [
    'proxy/contract',
    'proxy/core',
    'proxy/comfyui',
    'proxy/isolation',
    'proxy/policy',
    'proxy/pipeline/audit.ts',
    'proxy/pipeline/engineUsers.ts',
    'proxy/pipeline/requestContext.ts',
  ],
  'proxy/nodes': ['proxy/contract', 'proxy/core', 'proxy/database', 'proxy/comfyui', 'proxy/policy'],
  'proxy/jobs': ['proxy/contract', 'proxy/core', 'proxy/database', 'proxy/comfyui'],
  'proxy/database': ['proxy/contract', 'proxy/core'],
  'proxy/secrets': ['proxy/contract', 'proxy/core', 'proxy/database'],
  'proxy/settings': ['proxy/contract', 'proxy/core', 'proxy/database'],
  'proxy/audit': ['proxy/contract', 'proxy/core', 'proxy/database', 'proxy/secrets'],
  'proxy/folders': ['proxy/contract', 'proxy/core', 'proxy/database', 'proxy/isolation'],
  'proxy/outputs': [
    'proxy/contract',
    'proxy/core',
    'proxy/database',
    'proxy/isolation',
    'proxy/comfyui',
    'proxy/pipeline/accountTurns.ts',
  ],
  'proxy/isolation': ['proxy/contract', 'proxy/core', 'proxy/database'],
  'proxy/accounts': [
    'proxy/contract',
    'proxy/core',
    'proxy/database',
    'proxy/secrets',
    'proxy/settings',
    'proxy/audit',
    'proxy/network',
    'proxy/policy/rights.ts',
    'proxy/pipeline/requestContext.ts',
  ],
  'proxy/portal': [
    'proxy/contract',
    'proxy/core',
    'proxy/http',
    'proxy/accounts',
    'proxy/settings',
    'proxy/audit',
    // Where a page may lead on to is said by the table of routes.
    'proxy/comfyui/routeTable.ts',
    'proxy/pipeline/requestContext.ts',
  ],
  'proxy/api': [
    'proxy/contract',
    'proxy/core',
    'proxy/http',
    'proxy/accounts',
    'proxy/settings',
    'proxy/audit',
    'proxy/portal',
    'proxy/policy',
    'proxy/jobs',
    'proxy/nodes',
    'proxy/folders',
    'proxy/outputs',
    'proxy/network',
    'proxy/workflows',
    'proxy/comfyui/engine.ts',
    'proxy/comfyui/losslessJson.ts',
    'proxy/comfyui/uploadContent.ts',
    'proxy/pipeline/accountTurns.ts',
    'proxy/pipeline/requestContext.ts',
  ],
}

/** Packages that only one place may name. */
const packageOwners: Readonly<Record<string, (file: string) => boolean>> = {
  electron: (file) => file.startsWith('electron/') && file !== 'electron/ipc/schema.ts',
  'better-sqlite3': (file) => file === 'proxy/database/openDatabase.ts',
  argon2: (file) => file === 'proxy/accounts/passwordHasher.ts',
  jose: (file) => file === 'proxy/accounts/tokenSigner.ts',
  '@node-rs/bcrypt': (file) => file === 'proxy/accounts/bcryptHash.ts',
  '@napi-rs/keyring': (file) => file.startsWith('proxy/secrets/'),
  undici: (file) => file.startsWith('proxy/forward/'),
  /** Pictures that people's nodes wrote are decoded in a process of its own. */
  sharp: (file) => file === 'proxy/outputs/pictureWorker.ts' || file.startsWith('launcher/practice/'),
  react: (file) => file.startsWith('renderer/'),
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

interface Import {
  readonly file: string
  readonly specifier: string
  /** Path from the root for our own files, undefined for packages. */
  readonly target: string | undefined
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const specifiers = ts.preProcessFile(text, true, true).importedFiles.map((imported) => imported.fileName)
  return specifiers.map((specifier) => ({
    file,
    specifier,
    target: specifier.startsWith('.') ? posix.normalize(posix.join(dirname(file), specifier)) : undefined,
  }))
}

const isBelow = (file: string, prefix: string): boolean => file === prefix || file.startsWith(`${prefix}/`)

function homeOf(file: string): string {
  const homes = Object.keys(allowed).filter((prefix) => isBelow(file, prefix))
  const home = homes.sort((a, b) => b.length - a.length)[0]
  if (home === undefined) throw new Error(`no rule in tests/architecture.test.ts for ${file}`)
  return home
}

const files = productFolders.flatMap(sourceFiles)
const imports = files.flatMap(importsOf)
const own = imports.filter((entry) => entry.target !== undefined)

describe('architecture', () => {
  it('reads the imports of the whole product', () => {
    expect(files.length).toBeGreaterThan(100)
    expect(own.length).toBeGreaterThan(200)
  })

  it('keeps the direction of dependencies', () => {
    const wrong = own.filter(({ file, target }) => {
      const home = homeOf(file)
      return ![home, ...(allowed[home] ?? [])].some((prefix) => isBelow(target ?? '', prefix))
    })
    expect(wrong.map(({ file, target }) => `${file} → ${target ?? ''}`)).toEqual([])
  })

  it('has no cycle between files', () => {
    const edges = new Map<string, string[]>()
    for (const { file, target } of own) edges.set(file, [...(edges.get(file) ?? []), target ?? ''])
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
        return
      }
      if (done.has(file)) return
      for (const next of edges.get(file) ?? []) visit(next, [...trail, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })

  it('names each guarded package in its one place', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      const owner = packageOwners[specifier]
      return owner !== undefined && !owner(file)
    })
    expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([])
  })

  it('has no barrels and no default exports', () => {
    expect(files.filter((file) => /(^|\/)index\.tsx?$/.test(file))).toEqual([])
    expect(files.filter((file) => /^export default /m.test(readFileSync(join(root, file), 'utf8')))).toEqual([])
  })

  it('keeps every file below 400 lines', () => {
    const long = files.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 401)
    expect(long).toEqual([])
  })
})
