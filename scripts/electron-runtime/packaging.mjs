// What packaging on the fallback runtime adds, so that `npm run package` can be proved where no official Electron can be fetched.
// Such a package is for trying only and is never released.

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'

const PRELUDE = 'fallbackPrelude.cjs'
const MAIN = 'fallbackMain.cjs'
const NOT_IN_DEPENDENCIES = ['libsql', '@libsql/linux-x64-gnu', '@neon-rs/load', 'detect-libc']

const thisFolder = path.dirname(fileURLToPath(import.meta.url))

function toFileSet(name) {
  return { from: `node_modules/${name}`, to: `node_modules/${name}`, filter: ['**/*'] }
}

/**
 * For a runtime of resolveElectron: the part of electron-builder's configuration that depends on it; `files` and `asarUnpack` are
 * entries to add.
 * With the official one it is empty: electron-builder fetches what the target platform needs. With the fallback it also writes a
 * wrapper beside the app's main script in `appDirectory`, which loads the prelude first.
 */
export async function prepareDistForPackaging(runtime, { appDirectory, main }) {
  if (runtime.official) return { files: [], asarUnpack: [] }
  const distDirectory = path.join(appDirectory, path.dirname(main))
  await esbuild.build({
    entryPoints: [path.join(thisFolder, 'prelude.cjs')],
    outfile: path.join(distDirectory, PRELUDE),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node16',
    external: ['libsql'],
    logLevel: 'warning',
  })
  const wrapper = `require('./${PRELUDE}')\nrequire('./${path.basename(main)}')\n`
  fs.writeFileSync(path.join(distDirectory, MAIN), wrapper)
  return {
    electronDist: runtime.distDirectory,
    electronVersion: runtime.version,
    npmRebuild: false, // Every native module of ours comes with prebuilt Node-API binaries.
    // electron-builder removes it from the distributions it fetches itself, not from a given one.
    afterPack: ({ appOutDir }) => fs.rmSync(path.join(appOutDir, 'resources', 'default_app.asar'), { force: true }),
    extraMetadata: { main: path.posix.join(path.dirname(main), MAIN) },
    // Children that run as plain Node load the prelude before they can read inside an asar archive.
    asarUnpack: [
      `${path.posix.dirname(main)}/${PRELUDE}`,
      ...NOT_IN_DEPENDENCIES.map((name) => `node_modules/${name}/**`),
    ],
    files: NOT_IN_DEPENDENCIES.map(toFileSet),
  }
}
