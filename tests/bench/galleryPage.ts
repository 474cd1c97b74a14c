/*
 * Measures the page of pictures with many of them, in a browser, against `gatehouse serve` as it is shipped:
 *   npm run build && node tests/bench/galleryPage.ts [--pictures 10000] [--no-write]
 * Filled and served by tests/bench/gallery.ts. Writes its section of docs/performance.md.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'

const root = resolve(import.meta.dirname, '..', '..')
const OPENINGS = 5
const WINDOW = { width: 1280, height: 820 }
/** A fast but steady scroll. */
const PIXELS_A_FRAME = 120

interface Served {
  readonly child: ChildProcess
  readonly url: string
  readonly key: string
}

/** Starts the filled gate and waits until it says where it is. */
function serve(pictures: string): Promise<Served> {
  const args = [join(root, 'tests', 'bench', 'gallery.ts'), '--pictures', pictures, '--keep']
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((found, reject) => {
    child.on('exit', (code) => reject(new Error(`the gate ended early with ${code}`)))
    createInterface(child.stdout).on('line', (line) => {
      const [, url, key] = /^(http:\S+)\s+key of painter: (\S+)$/.exec(line) ?? []
      if (url !== undefined && key !== undefined) found({ child, url, key })
      else console.error(line)
    })
  })
}

/** Milliseconds from opening the address until every preview in the window is seen. */
async function measureOpening(page: Page, url: string): Promise<number> {
  await page.goto(`${url}gatehouse/pictures`, { waitUntil: 'commit' })
  const seen = await page.waitForFunction(
    () => {
      const shown = [...document.querySelectorAll<HTMLImageElement>('[data-output] img')].filter((image) => {
        const { top, bottom } = image.getBoundingClientRect()
        return bottom > 0 && top < window.innerHeight
      })
      const isSeen = shown.length > 8 && shown.every((image) => image.complete && image.naturalWidth > 0)
      return isSeen ? performance.now() : undefined
    },
    undefined,
    { polling: 'raf', timeout: 60_000 },
  )
  return Number(await seen.jsonValue())
}

interface Scroll {
  readonly frames: number
  readonly slow: number
  readonly worstMs: number
  readonly seconds: number
  readonly mostElements: number
  readonly mostPictures: number
  readonly height: number
}

/** Scrolls to the very end, frame by frame, reading page after page. */
function measureScroll(page: Page): Promise<Scroll> {
  return page.evaluate(
    ({ step }) =>
      new Promise<Scroll>((done) => {
        const started = performance.now()
        let [before, frames, slow, worstMs, mostElements, mostPictures, still] = [started, 0, 0, 0, 0, 0, 0]
        const frame = (now: number) => {
          const tookMs = now - before
          before = now
          frames += 1
          if (tookMs > 50) slow += 1
          worstMs = Math.max(worstMs, tookMs)
          if (frames % 30 === 0) {
            mostElements = Math.max(mostElements, document.querySelectorAll('*').length)
            mostPictures = Math.max(mostPictures, document.querySelectorAll('[data-output]').length)
          }
          const top = window.scrollY
          window.scrollBy(0, step)
          still = window.scrollY === top ? still + 1 : 0
          // A second at the end without anything new below.
          if (still < 60) requestAnimationFrame(frame)
          else {
            const [seconds, height] = [(now - started) / 1000, document.documentElement.scrollHeight]
            done({ frames, slow, worstMs, seconds, mostElements, mostPictures, height })
          }
        }
        requestAnimationFrame(frame)
      }),
    { step: PIXELS_A_FRAME },
  )
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

interface Measured {
  /** Of the machine before anything was started. */
  readonly load: number
  readonly pictures: string
  readonly openings: readonly number[]
  readonly scroll: Scroll
}

function format({ load, pictures, openings, scroll }: Measured): string {
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 1e9)} GB, load average ${load.toFixed(1)} at the start`
  const row = (what: string, value: string, target: string) => `| ${what} | ${value} | ${target} |`
  const day = new Date().toISOString().slice(0, 10)
  return [
    `Measured on ${day} with \`node tests/bench/galleryPage.ts\`: ${machine}, Node ${process.version}, Chromium without`,
    `a graphics card, ${WINDOW.width} × ${WINDOW.height}. Gate, engine and browser share the cores.`,
    '',
    `| what, with ${Number(pictures).toLocaleString('en')} pictures | measured | target |`,
    '| --- | --: | --: |',
    row(
      'Opening the page until every preview in the window is seen, median',
      `${median(openings).toFixed(0)} ms`,
      '< 1,000 ms',
    ),
    row(`The same, slowest of ${openings.length}`, `${Math.max(...openings).toFixed(0)} ms`, '–'),
    row(
      `Scrolling to the end (${scroll.height.toLocaleString('en')} px in ${scroll.seconds.toFixed(0)} s): frames over 50 ms`,
      `${scroll.slow} of ${scroll.frames.toLocaleString('en')}`,
      '–',
    ),
    row('Longest frame', `${scroll.worstMs.toFixed(0)} ms`, '–'),
    row('Elements in the document at most', scroll.mostElements.toLocaleString('en'), '< 1,500'),
    row('Pictures of them', scroll.mostPictures.toLocaleString('en'), '< 150'),
  ].join('\n')
}

const start = '<!-- gallery page: written by tests/bench/galleryPage.ts -->'
const end = '<!-- end of gallery page -->'

function write(section: string): void {
  const file = join(root, 'docs', 'performance.md')
  const text = readFileSync(file, 'utf8')
  const block = `${start}\n\n${section}\n\n${end}`
  const [before, rest] = text.split(start)
  const next =
    rest === undefined
      ? `${text.trimEnd()}\n\n## The page of pictures\n\n${block}\n`
      : `${before ?? ''}${block}${rest.slice(rest.indexOf(end) + end.length)}`
  writeFileSync(file, next)
}

const { values } = parseArgs({
  options: { pictures: { type: 'string', default: '10000' }, 'no-write': { type: 'boolean', default: false } },
})
const load = loadavg()[0] ?? 0
const served = await serve(values.pictures)
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
})
try {
  const openings: number[] = []
  let scroll: Scroll | undefined
  for (let at = 0; at < OPENINGS; at += 1) {
    // A context of its own: nothing of the page before is kept.
    const extraHTTPHeaders = { authorization: `Bearer ${served.key}` }
    const context = await browser.newContext({ viewport: WINDOW, extraHTTPHeaders })
    const page = await context.newPage()
    openings.push(await measureOpening(page, served.url))
    if (at === OPENINGS - 1) scroll = await measureScroll(page)
    await context.close()
  }
  if (scroll === undefined) throw new TypeError('the page was scrolled')
  const section = format({ load, pictures: values.pictures, openings, scroll })
  console.log(section)
  if (!values['no-write']) write(section)
} finally {
  await browser.close()
  served.child.removeAllListeners('exit')
  served.child.kill('SIGINT')
}
