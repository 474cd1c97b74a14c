// Bundles the product into dist/. Names a bundle's entry, never what is inside it.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { withLock } from './buildLock.mjs'
import { inPackage, repositoryRoot, requireNode24 } from './requireNode.mjs'
import { runProcess } from './runProcess.mjs'

const distDirectory = path.join(repositoryRoot, 'dist')
const stampFile = path.join(distDirectory, '.stamp')

const NATIVE_OR_RUNTIME = [
  'undici',
  'better-sqlite3',
  'argon2',
  '@node-rs/bcrypt',
  '@napi-rs/keyring',
  'sharp',
  'electron',
]

const BUNDLES = [
  { entry: 'electron/main.ts', output: 'main.cjs' },
  // Sandboxed: 'electron' is the only module it can load there.
  { entry: 'electron/preload.ts', output: 'preload.cjs', allowedImports: ['electron'] },
  { entry: 'cli/main.ts', output: 'cli.cjs', executable: true },
  { entry: 'launcher/practice/main.ts', output: 'practiceEngine.cjs' },
  { entry: 'proxy/secrets/keychainWorker.ts', output: 'keychainWorker.cjs' },
  { entry: 'proxy/outputs/pictureWorker.ts', output: 'pictureWorker.cjs' },
  { entry: 'proxy/accounts/hashWorker.ts', output: 'hashWorker.cjs' },
  { entry: 'service/protection/main.ts', output: 'protectionCheck.cjs' },
]

const INPUTS = [
  'cli',
  'electron',
  'launcher',
  'proxy',
  'renderer',
  'service',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vite.config.ts',
  'scripts/build.mjs',
  'scripts/lib/buildProduct.mjs',
]

function* listFiles(relative) {
  const absolute = path.join(repositoryRoot, relative)
  const stat = fs.statSync(absolute, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (!stat.isDirectory()) yield relative
  else for (const name of fs.readdirSync(absolute).sort()) yield* listFiles(path.join(relative, name))
}

function hashInputs(mode) {
  const hash = createHash('sha256').update(mode)
  for (const input of INPUTS) {
    for (const file of listFiles(input)) {
      const content = fs.readFileSync(path.join(repositoryRoot, file))
      hash.update(`\n${file}\0${content.length}\n`).update(content)
    }
  }
  return hash.digest('hex')
}

function isUpToDate(inputHash) {
  try {
    const stamp = JSON.parse(fs.readFileSync(stampFile, 'utf8'))
    return stamp.inputHash === inputHash && stamp.outputs.every((name) => fs.existsSync(path.join(distDirectory, name)))
  } catch {
    return false // No stamp, or an unreadable one: build.
  }
}

function checkImports(bundle, metafile) {
  if (bundle.allowedImports === undefined) return
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  const refused = imports.filter(({ external, path: name }) => external && !bundle.allowedImports.includes(name))
  if (refused.length > 0)
    throw new Error(`${bundle.entry} must not import ${refused.map((one) => one.path).join(', ')}`)
}

/**
 * V8 keeps a program's source for as long as it runs, two bytes for each character when a single one needs two. esbuild
 * escapes what it can: left are regular expressions and tagged templates.
 */
function checkCharacters(bundle, outfile) {
  const text = fs.readFileSync(outfile, 'latin1')
  const at = text.search(/[^\0-\x7f]/)
  if (at < 0) return
  const place = Buffer.from(text.slice(Math.max(0, at - 60), at + 20), 'latin1').toString('utf8')
  throw new Error(`${bundle.entry}: write what is not ASCII in regular expressions as \\u escapes: ${place}`)
}

/** zod brings its messages in fifty languages, and nothing of ours names one: English is loaded from a file of its own. */
const withoutTranslations = {
  name: 'without-translations',
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.c?js$/ }, () => ({
      contents: "export { default as en } from './en.js'",
    }))
  },
}

const hasShebang = (entry) => fs.readFileSync(entry, 'utf8').startsWith('#!')

async function bundleOne(esbuild, bundle, mode) {
  const entry = path.join(repositoryRoot, bundle.entry)
  const outfile = path.join(distDirectory, bundle.output)
  const result = await esbuild.build({
    absWorkingDir: repositoryRoot,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node16',
    // As `require`: the modules of some packages are too new for the fallback Electron's loader, their CommonJS is not.
    supported: { 'dynamic-import': false },
    external: NATIVE_OR_RUNTIME,
    // The names stay, for the stacks in a log; comments and indentation would be held in memory.
    minifyWhitespace: true,
    lineLimit: 160,
    legalComments: 'eof',
    sourcemap: true,
    // Node keeps the whole map where stacks are told by it (npm run gatehouse).
    sourcesContent: false,
    plugins: [withoutTranslations],
    metafile: true,
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    banner: bundle.executable && !hasShebang(entry) ? { js: '#!/usr/bin/env node' } : {},
  })
  checkImports(bundle, result.metafile)
  checkCharacters(bundle, outfile)
  if (bundle.executable) fs.chmodSync(outfile, 0o755)
}

async function timed(name, log, work) {
  const startMs = Date.now()
  await work()
  log(`${name}  ${Date.now() - startMs} ms`)
}

/** Bundles as many as it can before it fails, so that one run names every error. */
async function bundleAll(mode, log) {
  const esbuild = await import('esbuild')
  const outputs = []
  const failures = []
  for (const bundle of BUNDLES) {
    if (!fs.existsSync(path.join(repositoryRoot, bundle.entry))) {
      log(`dist/${bundle.output}  skipped: there is no ${bundle.entry}`)
      continue
    }
    try {
      await timed(`dist/${bundle.output}`, log, () => bundleOne(esbuild, bundle, mode))
      outputs.push(bundle.output)
    } catch (error) {
      failures.push(`dist/${bundle.output}: ${error.errors === undefined ? error.message : 'see the errors above'}`)
    }
  }
  if (failures.length > 0) throw new Error(failures.join('\n'))
  return outputs
}

async function buildPages(mode, log) {
  if (!fs.existsSync(path.join(repositoryRoot, 'vite.config.ts'))) {
    log('dist/pages  skipped: there is no vite.config.ts')
    return []
  }
  await timed('dist/pages', log, async () => {
    const vite = [inPackage('vite', 'bin', 'vite.js'), 'build', '--mode', mode, '--logLevel', 'warn']
    const stdio = ['ignore', 'pipe', 'pipe']
    const { code, output } = await runProcess(requireNode24(), vite, { cwd: repositoryRoot, stdio })
    if (output.trim() !== '') log(output.trim())
    if (code !== 0) throw new Error(`vite build ended with ${code}`)
  })
  return ['pages']
}

/**
 * Builds dist/ unless its inputs are unchanged since the last build (`force` builds anyway). One line per bundle to `log`.
 * Throws an Error when a bundle cannot be built.
 */
export async function buildProduct({ dev = false, force = false, log = console.log } = {}) {
  const mode = dev ? 'development' : 'production'
  const isCurrent = () => !force && isUpToDate(hashInputs(mode))
  if (isCurrent()) return
  fs.mkdirSync(distDirectory, { recursive: true })
  await withLock(path.join(distDirectory, '.lock'), async () => {
    if (isCurrent()) return // Another process built it while this one waited.
    const inputHash = hashInputs(mode)
    fs.rmSync(stampFile, { force: true })
    const outputs = [...(await bundleAll(mode, log)), ...(await buildPages(mode, log))]
    fs.writeFileSync(stampFile, `${JSON.stringify({ inputHash, outputs })}\n`)
  })
}
