import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { beforeAll, describe, expect } from 'vitest'
import { desktopTest, patienceMs, waitUntilGone } from '../../support/desktopApp.ts'
import { processTree } from '../../support/desktopProcesses.ts'
import { cleanEnvironment, nodeFile, repositoryRoot } from '../../support/desktopRuntime.ts'
import { startPracticeEngine } from '../../support/desktopSteps.ts'

const release = join(repositoryRoot, 'release')

function findUnpacked(): string {
  const folder = existsSync(release) ? readdirSync(release).find((name) => name.endsWith('-unpacked')) : undefined
  if (folder === undefined) throw new Error('npm run package left no unpacked app')
  return join(release, folder)
}

/** Starts the packaged program the way the system does; its inspector fuse is off, so only Chromium's own port opens it. */
async function startPackaged(dataDirectory: string) {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const program = join(findUnpacked(), 'gatehouse-desktop')
  const child = spawn(program, [...sandbox, '--remote-debugging-port=0', '--data-dir', dataDirectory], {
    env: cleanEnvironment(),
  })
  let stderr = ''
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the packaged program ended with ${code}: ${stderr}`)))
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk)
      const match = /ws:\/\/\S+/.exec(stderr)
      if (match !== null) resolve(match[0])
    })
  })
  return { child, endpoint }
}

describe('the packaged program', () => {
  beforeAll(() => {
    const packaging = spawnSync(nodeFile, [join(repositoryRoot, 'scripts', 'package.mjs'), '--dir'], {
      cwd: repositoryRoot,
      env: cleanEnvironment(),
      encoding: 'utf8',
    })
    expect(packaging.stderr + packaging.stdout).toContain('Unpacked app:')
  })

  desktopTest('starts, shows the first-run page and runs the practice engine out of its archive', async ({ home }) => {
    const { child, endpoint } = await startPackaged(home.dataDirectory)
    try {
      const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true })
      const page = await expect
        .poll(() => browser.contexts().flatMap((context) => context.pages())[0], { timeout: patienceMs })
        .toBeDefined()
        .then(() => browser.contexts().flatMap((context) => context.pages())[0]!)
      page.setDefaultTimeout(patienceMs)
      await startPracticeEngine(page, { withComfyuisPage: false })
      const described: unknown = await page.evaluate(() =>
        (window as any).desktop.invoke('desktop:describe', undefined),
      )
      // The keychain is asked in a worker thread whose script lies in the archive.
      expect(described).toMatchObject({ ok: true, value: { secrets: 'keychain' } })
      await browser.close()
    } finally {
      const tree = child.pid === undefined ? [] : processTree(child.pid).map(({ pid }) => pid)
      child.kill('SIGTERM')
      await waitUntilGone(tree)
    }
  })

  desktopTest('brings the command line along', ({ home }) => {
    const wrapper = join(findUnpacked(), 'resources', 'bin', 'gatehouse')
    const run = (args: readonly string[], input = '') =>
      spawnSync(wrapper, [...args, '--data-dir', home.dataDirectory], {
        env: cleanEnvironment(),
        encoding: 'utf8',
        input,
      })

    const added = run(['user', 'add', 'Leo', '--role', 'viewer', '--password-stdin'], 'seven grey herons by the weir\n')

    expect(added).toMatchObject({ status: 0 })
    expect(JSON.parse(run(['user', 'list', '--json']).stdout)).toMatchObject([{ name: 'Leo', role: 'viewer' }])
  })
})
