import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { installFrontend } from '../../launcher/practice/frontendPackage.ts'
import { EngineClient } from './engineClient.ts'
import { findChromium } from './desktopRuntime.ts'
import { startEngineUnderTest, usesRealComfyui } from './engineUnderTest.ts'
import { openDirectly } from './secretAddingProxy.ts'
import { serveGatehouse } from './servedGatehouse.ts'
import type { ServedGatehouse } from './servedGatehouse.ts'

export interface CanvasWorld {
  readonly browser: Browser
  readonly gatehouse: ServedGatehouse
  /** The same engine without a gate, as one person alone has it. */
  openDirect(): Promise<{ readonly url: string; close(): Promise<void> }>
  /** A tool that is signed in as that person. */
  clientOf(name: string): Promise<EngineClient>
  close(): Promise<void>
}

/** Longer than a name should be read without its end being cut off, and HTML. */
export const hostileName = '<img src=x onerror=document.title=666>'

/** The product with Mia, Leo, Tom who runs what is ready, Ada the administrator and somebody whose name is HTML; ComfyUI's page is its own. */
export async function openCanvasWorld(): Promise<CanvasWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-frontend-'))
  const frontendDirectory = usesRealComfyui ? undefined : await installFrontend({ directory })
  const makers = { Mia: 'creator', Leo: 'creator', [hostileName]: 'creator' } as const
  const people = { ...makers, Ada: 'administrator', Tom: 'user' } as const
  const gatehouse = await serveGatehouse({ people, frontendDirectory })
  const asRoot = process.getuid?.() === 0
  const browser = await chromium.launch({ executablePath: findChromium(), args: asRoot ? ['--no-sandbox'] : [] })
  return {
    browser,
    gatehouse,
    openDirect: async () => {
      const page = frontendDirectory === undefined ? {} : { frontendDirectory }
      const engine = await startEngineUnderTest({ ...page, plain: true })
      if (usesRealComfyui) return { url: `${engine.baseUrl}/`, close: () => engine.close() }
      const proxy = await openDirectly(engine)
      return {
        url: proxy.url,
        close: async () => {
          await proxy.close()
          await engine.close()
        },
      }
    },
    clientOf: async (name) => {
      const baseUrl = gatehouse.url.replace(/\/$/, '')
      const headers = await gatehouse.signIn(name)
      return new EngineClient({ baseUrl, webSocketUrl: baseUrl.replace('http', 'ws'), headers })
    },
    close: async () => {
      await browser.close()
      await gatehouse.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
