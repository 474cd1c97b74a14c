import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { build } from 'esbuild'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'
import { findUnsupportedFeatures } from './renderer/build/unsupportedFeatures.ts'

const root = resolve(import.meta.dirname, 'renderer')

/** Fails the build when a page uses what Chromium 108, the engine of the fallback window, does not have. */
const chromium108Guard = (): Plugin => ({
  name: 'chromium-108-guard',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      const text = file.type === 'chunk' ? file.code : file.source.toString()
      const kind = file.fileName.endsWith('.css') ? 'css' : file.fileName.endsWith('.js') ? 'js' : undefined
      if (kind === undefined) continue
      const found = findUnsupportedFeatures(kind, text)
      if (found.length > 0) this.error(`${file.fileName} uses ${found.join(', ')}, which Chromium 108 lacks`)
    }
  },
})

const targets = ['chrome108', 'safari15.6', 'firefox115']

/**
 * `dist/pages/assets/comfyui.js`, which the gate adds to ComfyUI's page: one file that shares no part with our pages, and
 * whose name stays the same from version to version.
 */
const canvasScript = (): Plugin => ({
  name: 'canvas-script',
  async generateBundle() {
    const entry = resolve(root, 'canvas/main.ts')
    const options = { bundle: true, minify: true, write: false, format: 'esm', legalComments: 'none' } as const
    const { outputFiles } = await build({ ...options, entryPoints: [entry], target: targets, logLevel: 'silent' })
    for (const { text } of outputFiles) this.emitFile({ type: 'asset', fileName: 'assets/comfyui.js', source: text })
  },
})

/** `dist/pages/owner.html`, `dist/pages/portal.html`, and `dist/pages/assets/*` served as `/gatehouse/assets/*`. */
export default defineConfig({
  root,
  base: '/gatehouse/',
  publicDir: resolve(root, 'public'),
  plugins: [react(), canvasScript(), chromium108Guard()],
  build: {
    outDir: resolve(import.meta.dirname, 'dist/pages'),
    emptyOutDir: true,
    target: targets,
    cssTarget: targets,
    // The pages' policy allows scripts from /gatehouse/assets/ alone: nothing may become a data: URL or an inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { owner: resolve(root, 'owner.html'), portal: resolve(root, 'portal.html') },
      output: {
        codeSplitting: {
          groups: [{ name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/, priority: 10 }],
        },
      },
    },
  },
})
