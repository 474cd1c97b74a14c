/* global window, document */
// npm run screenshots [-- name …]: every page and state at 1280, 800 and 360 px, light and dark, checked by axe; and the
// real windows ("window") and ComfyUI's page ("canvas"). One width of each goes to docs/images; all of them and a contact sheet go to a temporary
// folder, to be looked at.

import { spawn } from 'node:child_process'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { repositoryRoot, requireDependencies, requireNode24 } from './lib/requireNode.mjs'

const COMMITTED_WIDTH = { owner: 1280, portal: 360 }
const WIDTHS = { owner: [1280, 800], portal: [1280, 800, 360] }
const HEIGHTS = { 1280: 820, 800: 560, 360: 740 }
const REAL_PICTURES = {
  window: 'tests/e2e/desktop/windowPictures.test.ts',
  canvas: 'tests/e2e/canvas/pictures.test.ts',
}
const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

requireDependencies()
// The fixtures are TypeScript, which Node runs as it is from 24 on.
if (Number(process.versions.node.split('.')[0]) < 24) {
  const child = spawn(requireNode24(), [process.argv[1], ...process.argv.slice(2)], { stdio: 'inherit' })
  child.on('exit', (code) => process.exit(code ?? 1))
} else {
  await takeAll(process.argv.slice(2))
}

async function takeAll(wanted) {
  const output = path.join(os.tmpdir(), 'gatehouse-screenshots')
  const pages = path.join(output, 'pages')
  await fs.mkdir(output, { recursive: true })
  const { build } = await import('vite')
  await build({
    configFile: path.join(repositoryRoot, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: pages, emptyOutDir: true },
  })
  const { chromium } = await import('playwright-core')
  const { openPageServer } = await import('../tests/support/pageFixturesServer.ts')
  const { shots } = await import('../tests/support/pageFixturesShots.ts')
  const server = await openPageServer(pages)
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: CHROMIUM_ARGUMENTS,
  })
  const problems = []
  const taken = []
  const chosen = shots.filter(
    (shot) => wanted.length === 0 || wanted.some((part) => shot.name === part || shot.name.startsWith(`${part}-`)),
  )
  try {
    for (const scheme of ['light', 'dark']) {
      for (const shot of chosen) {
        for (const width of WIDTHS[shot.place]) {
          const result = await take({ browser, server, shot, scheme, width, output })
          problems.push(...result.problems)
          taken.push(result)
        }
      }
    }
  } finally {
    await browser.close()
    await server.close()
  }
  await commitImages(taken)
  const real = Object.keys(REAL_PICTURES).filter((name) => wanted.length === 0 || wanted.includes(name))
  if (real.length > 0) await takeReal(real.map((name) => REAL_PICTURES[name]))
  for (const width of [1280, 800, 360]) {
    await writeContactSheet(
      taken.filter((image) => image.width === width),
      path.join(output, `contact-sheet-${width}.png`),
    )
  }
  console.log(`${taken.length} pictures and the contact sheets are in ${output}`)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}

async function take({ browser, server, shot, scheme, width, output }) {
  const { fixtureNowMs } = await import('../tests/support/pageFixtures.ts')
  const name = `${shot.name}-${width}-${scheme}`
  const problems = []
  server.show(shot.scenario)
  const context = await browser.newContext({
    colorScheme: scheme,
    reducedMotion: 'reduce',
    viewport: { width, height: HEIGHTS[width] },
    deviceScaleFactor: width === 360 ? 2 : 1,
    hasTouch: width === 360,
    locale: 'en-GB',
    timezoneId: 'UTC',
  })
  try {
    const page = await context.newPage()
    page.on('console', (message) => {
      // The browser itself notes every refused request; the page shows it in words.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        problems.push(`${name}: ${message.text()}`)
      }
    })
    page.on('pageerror', (error) => problems.push(`${name}: ${error.message}`))
    await page.clock.setFixedTime(fixtureNowMs)
    await page.addInitScript(fakeDesktop, shot.scenario.desktop ?? null)
    if (shot.storage !== undefined) await page.addInitScript(remember, shot.storage)
    await page.goto(`${server.origin}${shot.path}`, { waitUntil: 'load' })
    await page.locator('h1').first().waitFor({ timeout: 10_000 })
    await shot.act?.(page)
    await settle(page)
    if (shot.viewportOnly !== true) await showWholePage(page, width)
    const file = path.join(output, `${name}.png`)
    await page.screenshot({ path: file, animations: 'disabled' })
    // Afterwards: axe scrolls what it looks at.
    problems.push(...(await checkPage(page, name)))
    return { shot, scheme, width, file, problems }
  } catch (error) {
    problems.push(`${name}: ${error.message}`)
    return { shot, scheme, width, file: undefined, problems }
  } finally {
    await context.close()
  }
}

/** As tall a window as the page: what is fixed to an edge stays at that edge. */
async function showWholePage(page, width) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ width, height: Math.max(HEIGHTS[width], height) })
  await settle(page)
}

/** The app itself and ComfyUI's page behind the gate, in the throw-away desktop of their journeys. */
async function takeReal(files) {
  const { buildProduct } = await import('./lib/buildProduct.mjs')
  await buildProduct()
  const env = { ...process.env, GATEHOUSE_PICTURES: path.join(repositoryRoot, 'docs', 'images') }
  const args = ['vitest', 'run', '--project', 'e2e', ...files]
  const script = path.join(repositoryRoot, 'scripts', 'withDesktop.mjs')
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit', env, cwd: repositoryRoot })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  if (code !== 0) process.exitCode = 1
}

/** What the desktop program would answer. Runs in the page. */
function fakeDesktop(answers) {
  if (answers === null) return
  window.desktop = {
    invoke: (channel) => Promise.resolve({ ok: true, value: answers[channel] }),
    on: () => () => undefined,
  }
}

/** Runs in the page. */
function remember({ key, value }) {
  window.localStorage.setItem(key, value)
}

/** Answers have arrived, skeletons that are late by design have shown, and nothing moves any more. */
async function settle(page) {
  await page.waitForFunction(() => document.fonts.status === 'loaded')
  let before = ''
  for (let tries = 0; tries < 40; tries += 1) {
    const now = await page.evaluate(
      () =>
        new Promise((resolve) =>
          setTimeout(() => resolve(`${document.body.scrollHeight} ${document.body.innerHTML.length}`), 120),
        ),
    )
    if (now === before) return
    before = now
  }
}

async function checkPage(page, name) {
  const { AxeBuilder } = await import('@axe-core/playwright')
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    // A dialog above a drawer: Mantine names both of their title bars <header>, which are no banners of the page.
    .disableRules(['landmark-unique', 'landmark-no-duplicate-banner'])
    .analyze()
  const found = violations.map(
    (violation) =>
      `${name}: ${violation.id}: ${violation.help}\n    ${violation.nodes.map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`).join('\n    ')}`,
  )
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  if (overflow > 0) found.push(`${name}: the page is ${overflow} px wider than the window`)
  return found
}

async function commitImages(taken) {
  const { default: sharp } = await import('sharp')
  const directory = path.join(repositoryRoot, 'docs', 'images')
  await fs.mkdir(directory, { recursive: true })
  for (const { shot, scheme, width, file } of taken) {
    if (file === undefined || width !== COMMITTED_WIDTH[shot.place]) continue
    await sharp(file)
      .png({ palette: true, quality: 92, compressionLevel: 9, effort: 8 })
      .toFile(path.join(directory, `${shot.name}-${scheme}.png`))
  }
}

async function writeContactSheet(taken, target) {
  const images = taken.filter(({ file }) => file !== undefined)
  if (images.length === 0) return
  const { default: sharp } = await import('sharp')
  const cell = { width: 420, height: 380 }
  const columns = Math.min(6, images.length)
  const rows = Math.ceil(images.length / columns)
  const thumbnails = await Promise.all(
    images.map(async ({ file }, index) => ({
      input: await sharp(file)
        .resize({ width: cell.width - 16, height: cell.height - 16, fit: 'inside', withoutEnlargement: true })
        .png()
        .toBuffer(),
      left: (index % columns) * cell.width + 8,
      top: Math.floor(index / columns) * cell.height + 8,
    })),
  )
  await sharp({
    create: { width: columns * cell.width, height: rows * cell.height, channels: 3, background: '#777' },
  })
    .composite(thumbnails)
    .png({ palette: true })
    .toFile(target)
}
