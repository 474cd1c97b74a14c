// npm run package: the unpacked app in release/, and the installers that can be built here. Official Electron or the fallback.

import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { repositoryRoot, requireDependencies } from './lib/requireNode.mjs'
import { buildProduct } from './lib/buildProduct.mjs'
import { runProcess } from './lib/runProcess.mjs'
import { resolveElectron } from './electron-runtime/electronRuntime.mjs'

requireDependencies()
const { build, Platform } = await import('electron-builder')
const { prepareDistForPackaging } = await import('./electron-runtime/packaging.mjs')

const log = (line) => console.error(line)
const releaseDirectory = path.join(repositoryRoot, 'release')
const manifest = JSON.parse(fs.readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8'))

function readConfiguration() {
  // js-yaml is electron-builder's own; nothing else here reads YAML.
  const yaml = createRequire(createRequire(import.meta.url).resolve('electron-builder'))('js-yaml')
  return yaml.load(fs.readFileSync(path.join(repositoryRoot, 'electron-builder.yml'), 'utf8'))
}

/** The fallback's Node needs its prelude, also for the command line; the released wrapper knows nothing of it. */
function usePreludeInWrapper(appOutDir) {
  const wrapper = path.join(appOutDir, 'resources', 'bin', 'gatehouse')
  const script = '"$resources/app.asar/dist/cli.cjs"'
  const text = fs.readFileSync(wrapper, 'utf8')
  if (!text.includes(script)) throw new Error(`${wrapper} does not start ${script}`)
  const prelude = '--require "$resources/app.asar.unpacked/dist/fallbackPrelude.cjs"'
  fs.writeFileSync(wrapper, text.replace(script, `${prelude} ${script}`))
}

/** electron-builder replaces lists instead of joining them, so they are joined here. */
function mergeConfiguration(base, { files, asarUnpack, afterPack, ...rest }) {
  const lists = { files: [...base.files, ...files], asarUnpack: [...base.asarUnpack, ...asarUnpack] }
  if (afterPack === undefined) return { ...base, ...rest, ...lists }
  const afterPackOnFallback = (context) => {
    afterPack(context)
    usePreludeInWrapper(context.appOutDir)
  }
  return { ...base, ...rest, ...lists, afterPack: afterPackOnFallback }
}

async function packUnpacked(configuration) {
  await build({
    projectDir: repositoryRoot,
    targets: Platform.current().createTarget('dir'),
    publish: 'never',
    config: configuration,
  })
  const folder = fs
    .readdirSync(releaseDirectory)
    .find((name) => /^(linux|win|mac)(-\w+)*-unpacked$|^mac(-\w+)?$/.test(name))
  if (folder === undefined) throw new Error('electron-builder left no unpacked app in release/')
  return path.join(releaseDirectory, folder)
}

function hasProgram(name) {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false // It is not installed.
  }
}

const desktopEntry = `[Desktop Entry]
Type=Application
Name=Gatehouse
Comment=Runs ComfyUI and lets only the people you invited use it
Exec=/opt/Gatehouse/gatehouse-desktop %U
Icon=gatehouse
Terminal=false
Categories=Graphics;
StartupWMClass=Gatehouse
`

/** What the packaged Electron links against, under the names of Debian 12 and of Ubuntu 24.04. */
const debianDependencies = [
  'libgtk-3-0 | libgtk-3-0t64',
  'libnss3',
  'libasound2 | libasound2t64',
  'libgbm1',
  'libatk-bridge2.0-0 | libatk-bridge2.0-0t64',
  'libsecret-1-0',
  'libx11-xcb1',
  'libnotify4',
  'libxtst6',
  'xdg-utils',
]

function sizeInKibibytes(directory) {
  return Number(execFileSync('du', ['-sk', directory], { encoding: 'utf8' }).split('\t')[0])
}

function controlFile(version, installedKibibytes) {
  return `Package: gatehouse
Version: ${version}
Section: graphics
Priority: optional
Architecture: ${process.arch === 'arm64' ? 'arm64' : 'amd64'}
Installed-Size: ${installedKibibytes}
Maintainer: The Gatehouse authors
Depends: ${debianDependencies.join(', ')}
Recommends: gnome-keyring | kwalletmanager
Description: Runs ComfyUI and lets only the people you invited use it
 The owner of one good GPU shares ComfyUI with family, friends or a class.
 Everybody else is kept out.
`
}

/** A .deb of the unpacked app, with dpkg-deb alone: no download, the same on every Debian. */
async function buildDebianPackage(unpacked, suffix) {
  const version = `${manifest.version}${suffix}`
  const root = fs.mkdtempSync(path.join(releaseDirectory, '.deb-'))
  try {
    fs.chmodSync(root, 0o755)
    const inRoot = (...segments) => path.join(root, ...segments)
    fs.mkdirSync(inRoot('opt'), { recursive: true })
    fs.cpSync(unpacked, inRoot('opt', 'Gatehouse'), { recursive: true, verbatimSymlinks: true })
    fs.mkdirSync(inRoot('usr', 'share', 'applications'), { recursive: true })
    fs.writeFileSync(inRoot('usr', 'share', 'applications', 'gatehouse.desktop'), desktopEntry)
    const icons = path.join(repositoryRoot, 'resources', 'icons', 'linux')
    for (const name of fs.readdirSync(icons)) {
      const directory = inRoot('usr', 'share', 'icons', 'hicolor', path.basename(name, '.png'), 'apps')
      fs.mkdirSync(directory, { recursive: true })
      fs.copyFileSync(path.join(icons, name), path.join(directory, 'gatehouse.png'))
    }
    fs.mkdirSync(inRoot('DEBIAN'))
    fs.writeFileSync(inRoot('DEBIAN', 'control'), controlFile(version, sizeInKibibytes(inRoot('opt'))))
    const packaging = path.join(repositoryRoot, 'resources', 'packaging')
    for (const [script, source] of [
      ['postinst', 'afterInstall.sh'],
      ['postrm', 'afterRemove.sh'],
    ]) {
      fs.copyFileSync(path.join(packaging, source), inRoot('DEBIAN', script))
      fs.chmodSync(inRoot('DEBIAN', script), 0o755)
    }
    const file = path.join(releaseDirectory, `gatehouse_${version}_${process.arch === 'arm64' ? 'arm64' : 'amd64'}.deb`)
    const { code } = await runProcess('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', root, file], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if (code !== 0) throw new Error(`dpkg-deb ended with ${code}`)
    return file
  } finally {
    fs.rmSync(root, { recursive: true, force: true })
  }
}

/** The installers of this system: electron-builder makes them with the tools it downloads, so only with the official Electron. */
async function buildInstallers(configuration) {
  await build({
    projectDir: repositoryRoot,
    targets: Platform.current().createTarget(),
    publish: 'never',
    config: configuration,
  })
}

async function packageProduct() {
  await buildProduct({ log })
  const runtime = await resolveElectron({ log })
  const part = await prepareDistForPackaging(runtime, { appDirectory: repositoryRoot, main: manifest.main })
  const configuration = mergeConfiguration(readConfiguration(), part)
  fs.rmSync(releaseDirectory, { recursive: true, force: true })
  const unpacked = await packUnpacked(configuration)
  log(`Unpacked app: ${path.relative(repositoryRoot, unpacked)}`)
  if (process.argv.includes('--dir')) return
  if (runtime.official) {
    await buildInstallers(configuration)
    return
  }
  if (!hasProgram('dpkg-deb')) return
  const file = await buildDebianPackage(unpacked, '~fallback')
  log(`Debian package, for trying only (fallback Electron ${runtime.version}): ${path.relative(repositoryRoot, file)}`)
}

try {
  await packageProduct()
} catch (error) {
  log(error.message)
  process.exitCode = 1
}
