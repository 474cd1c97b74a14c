import { escapeHtml } from '../../http/escapeHtml.ts'
import type { Certificates } from '../../contract/certificates.ts'
import { drawWarning, findWarning, pressWords } from './browserWarnings.ts'
import type { BrowserWarning } from './browserWarnings.ts'
import { draw } from './drawings.ts'
import { nounOf, platformNames, platformTitles } from './platforms.ts'
import type { PlatformName } from './platforms.ts'
import { platformSteps } from './platformSteps.ts'
import type { Step } from './platformSteps.ts'
import { welcomeStyle } from './welcomeStyle.ts'

/** What both pages are made from. */
export interface WelcomeView {
  readonly computer: string
  readonly state: Certificates
  readonly platform: PlatformName
  readonly userAgent: string | undefined
  /** `https://…` of the same host and port. */
  readonly secureOrigin: string
  /** Where it goes on after this: a path of ours. */
  readonly next: string
  /** Whether this very page came over HTTPS. */
  readonly secure: boolean
  /** Name of the downloaded file. */
  readonly fileName: string
}

/** The first page of a new device: what is going on, in words, and two ways on. */
export function welcomePage(view: WelcomeView): string {
  const { computer, state, platform, userAgent } = view
  const noun = nounOf(platform, userAgent)
  const named = escapeHtml(computer)
  const title = `This ${noun} does not know ${computer} yet`
  const warning = findWarning(userAgent, new URL(view.secureOrigin).hostname)
  const trust =
    state.authority === null
      ? `<p>${named} has no safe place for keys (a keychain), so it cannot be trusted once and for all: your ${noun} will warn now and then.</p>`
      : `<a class="choice first" href="${toHref('/gatehouse/welcome', { on: platform, next: view.next })}"><b>Trust it once</b> 1 minute, with pictures</a>`
  return page(view, {
    title,
    script: 'welcome',
    body: `<p>You are about to open Gatehouse on <b>${named}</b>, in your home. What you send there is encrypted.</p>
${trust}
<a class="choice${state.authority === null ? ' first' : ''}" id="on" href="${escapeHtml(view.secureOrigin + view.next)}"><b>This time only</b> Your browser will warn. Press ${escapeHtml(pressWords(warning))}.</a>
${showWarning(view, warning)}<details><summary>Why does it warn?</summary>
<p>The warning is about names, not about ${named} being dangerous. Big sites have their name vouched for by companies that your ${noun} knows. A computer at home cannot have that, so it vouches for itself, and you tell your ${noun} that this is right.</p></details>
${compare(view)}`,
  })
}

/** Step by step, for one kind of device. */
export function stepsPage(view: WelcomeView): string {
  const { computer, platform, state } = view
  const { before, steps, fingerprint, remove } = platformSteps[platform]
  const fill = (text: string): string =>
    escapeHtml(text.replaceAll('{computer}', computer).replaceAll('{file}', view.fileName))
  const links = platformNames.map((name) => {
    const current = name === platform ? ' aria-current="page"' : ''
    return `<a href="${toHref('/gatehouse/welcome', { on: name, next: view.next })}"${current}>${platformTitles[name]}</a>`
  })
  const head = state.authority?.fingerprint.hex ?? ''
  return page(view, {
    title: `Trust ${computer}: ${platformTitles[platform]}`,
    script: 'steps',
    body: `<nav aria-label="Kind of device">${links.join('')}</nav>
${before === undefined ? '' : `<p>${fill(before)}</p>`}
<ol>${steps.map((step) => renderStep(step, fill)).join('')}</ol>
<div class="note good" id="trusted" hidden><p><b>Done: this device trusts ${escapeHtml(computer)} now.</b></p></div>
<p><a class="choice first" id="on" href="${escapeHtml(view.secureOrigin + view.next)}"><b>Go on</b> Done? Then no warning comes.</a></p>
<h2>What you trust</h2>
<p>The file holds no secret. It lets ${escapeHtml(computer)} vouch for itself, under its own names and for addresses at home, and for no other site.</p>
${compare(view)}
<details><summary>To be quite sure</summary>
<p>Whoever controls the network you are in could show you these words too. What they cannot change is what your device itself shows. Compare it with the fingerprint on ${escapeHtml(computer)}:</p>
<p class="digits">${escapeHtml(head)}</p><p>${fill(fingerprint)}</p></details>
<h2>Remove it again</h2>
<ol>${remove.map((text) => `<li>${fill(text)}</li>`).join('')}</ol>`,
  })
}

/** Where nothing can be trusted once: only the owner's own certificate, which their devices know or not. */
export function ownCertificatePage(view: WelcomeView): string {
  return page(view, {
    title: `Gatehouse on ${view.computer}`,
    script: 'welcome',
    body: `<p>What you send to <b>${escapeHtml(view.computer)}</b> is encrypted, with a certificate that its owner brought along. If your device warns, ask them before you go on.</p>
<a class="choice first" id="on" href="${escapeHtml(view.secureOrigin + view.next)}"><b>Go on</b></a>`,
  })
}

/** How the warning looks, for who wants to know before. */
function showWarning({ userAgent, platform }: WelcomeView, warning: BrowserWarning): string {
  const isPhone = platform === 'ios' || platform === 'android' || /Android|Mobile/.test(userAgent ?? '')
  const drawing = drawWarning(warning, isPhone ? 'phone' : 'window')
  if (drawing === undefined) return ''
  return `<details><summary>What does the warning look like?</summary>
${draw(drawing, escapeHtml)}
<p class="small quiet">Its words may differ a little in your version. Compare the four words below first: then you know that it is this computer.</p></details>
`
}

function compare({ computer, state }: WelcomeView): string {
  const fingerprint = (state.authority ?? state.certificate)?.fingerprint
  if (fingerprint === undefined) return ''
  const words = fingerprint.words.map((word) => `<span>${escapeHtml(word)}</span>`)
  return `<h2>Is it the right computer?</h2>
<p>On ${escapeHtml(computer)}, in Gatehouse under Network, stand these four words. If they are others, you are at another computer: stop here.</p>
<p class="words">${words.join(' ')}</p>`
}

function renderStep(step: Step, fill: (text: string) => string): string {
  const parts = [`<p>${fill(step.text)}</p>`]
  if (step.download !== undefined) parts.push(`<a class="load" href="${downloads[step.download]}">Download</a>`)
  if (step.command !== undefined) parts.push(`<code>${fill(step.command)}</code>`)
  if (step.drawing !== undefined) parts.push(draw(step.drawing, fill))
  return `<li>${parts.join('')}</li>`
}

const downloads = {
  profile: '/gatehouse/authority.mobileconfig',
  certificate: '/gatehouse/authority.crt',
  pem: '/gatehouse/authority.crt?form=pem',
} as const

const toHref = (path: string, query: Readonly<Record<string, string>>): string =>
  escapeHtml(`${path}?${new URLSearchParams(query).toString()}`)

function page(view: WelcomeView, { title, body, script }: { title: string; body: string; script: string }): string {
  // On a page that came over HTTPS there is nothing to find out.
  const probe = view.secure ? '' : ` data-probe="${escapeHtml(`${view.secureOrigin}/gatehouse/trusted.gif`)}"`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${welcomeStyle}</style></head>
<body data-page="${script}"${probe}><main><h1>${escapeHtml(title)}</h1>
${body}
</main><script src="/gatehouse/assets/welcome.js"></script></body></html>
`
}
