import { badgeStyle } from './badgeStyle.ts'
import type { BadgeWords, PanelLine } from './describeState.ts'
import type { Workflow } from './answers.ts'
import { element } from './element.ts'
import { cancelJob } from './gateReader.ts'

export interface Panel {
  show(words: BadgeWords): void
  toggle(): void
}

const gapPx = 8

/** What the panel's buttons do with ComfyUI's page. */
export interface PageActions {
  readonly hasUnsavedWork: () => boolean
  /** @returns why it could not be opened, in words */
  readonly open: (workflow: Workflow) => Promise<string | undefined>
  /** Hands what is on the canvas to the owner's window. @returns why not, in words */
  readonly publish: () => Promise<string | undefined>
}

/** The panel below the badge. It lies in the page's body, because the frontend's bar cuts off what is larger. */
export function createPanel(button: HTMLElement, page: PageActions): Panel {
  const [who, jobs, ready] = [createPart('who'), createPart('part'), createPart('part')]
  const [room, publish, links] = [createPart('part'), createPart('part'), createPart('links')]
  const parts = [who, jobs, ready, room, publish, links].map(({ node }) => node)
  const frame = element('div', { class: 'panel', role: 'dialog', 'aria-label': 'Gatehouse', hidden: '' }, ...parts)
  const host = element('div', { class: 'gatehouse-panel' })
  host.attachShadow({ mode: 'open' }).append(element('style', {}, badgeStyle), frame)

  const isOpen = (): boolean => frame.hidden === false
  const setOpen = (open: boolean): void => {
    if (open === isOpen()) return
    frame.hidden = !open
    button.setAttribute('aria-expanded', String(open))
    if (!open) return
    if (!host.isConnected) document.body.append(host)
    placeBeside(frame, button)
    frame.querySelector('a')?.focus()
  }
  const isInside = (event: Event): boolean => event.composedPath().some((node) => node === frame || node === button)
  document.addEventListener('pointerdown', (event) => !isInside(event) && setOpen(false), true)
  window.addEventListener('resize', () => setOpen(false))
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || !isOpen()) return
      event.stopPropagation()
      setOpen(false)
      button.focus()
    },
    true,
  )
  return {
    show: (words) => {
      const { name, role, isSignedOut, canSignOut } = words
      who.fill([name, role, isSignedOut], () => toWho(words))
      jobs.fill(words.jobs, () => toJobs(words))
      room.fill(words.storage ?? null, () => toRoom(words))
      ready.fill(words.workflows, () => toReady(words, page, () => setOpen(false)))
      publish.fill(words.publishing, () => toPublish(words, page))
      links.fill([isSignedOut, canSignOut], () => toLinks(words, page.hasUnsavedWork))
      if (isOpen()) placeBeside(frame, button)
    },
    toggle: () => setOpen(!isOpen()),
  }
}

function placeBeside(frame: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect()
  const { offsetWidth: width, offsetHeight: height } = frame
  const below = at.bottom + gapPx
  const top = below + height + gapPx <= window.innerHeight ? below : at.top - gapPx - height
  const left = Math.min(at.right - width, window.innerWidth - width - gapPx)
  frame.style.top = `${Math.max(gapPx, top)}px`
  frame.style.left = `${Math.max(gapPx, left)}px`
}

/** What is focused or half read stays: a part is written anew only when something else is to be said. */
function createPart(className: string): { readonly node: HTMLElement; fill(key: unknown, make: () => Node[]): void } {
  const node = element('div', { class: className })
  let known = ''
  return {
    node,
    fill: (key, make) => {
      const next = JSON.stringify(key)
      if (next === known) return
      known = next
      const made = make()
      node.hidden = made.length === 0
      node.replaceChildren(...made)
    },
  }
}

function toWho({ isSignedOut, name, role, meaning }: BadgeWords): Node[] {
  const text = isSignedOut ? SIGNED_OUT : role
  return [element('h2', {}, name), element('p', { title: meaning }, text)]
}

const SIGNED_OUT =
  'Your sign-in has ended. What is on the canvas is still here: sign in again in a tab of its own and go on.'

function toJobs({ jobs }: BadgeWords): Node[] {
  if (jobs.length === 0) return []
  return [element('h3', {}, 'Your jobs'), ...jobs.map(toJobLine)]
}

/** The frontend's own button stops what runs; with a single job that waits, it has none that helps. */
function toJobLine({ text, tone, jobId }: PanelLine): HTMLElement {
  const line = element('p', { 'data-tone': tone }, text)
  if (jobId === undefined) return line
  const button = element('button', { type: 'button', class: 'small' }, 'Take it out of the line')
  button.addEventListener('click', () => cancelJob(jobId))
  line.append(element('br'), button)
  return line
}

function toRoom({ storage }: BadgeWords): Node[] {
  if (storage === undefined) return []
  const { text, fraction, tone } = storage
  const meter = element('meter', { 'data-tone': tone, 'aria-label': 'Room used' })
  meter.value = fraction
  return [element('h3', {}, 'Your room'), element('p', { 'data-tone': tone }, text), meter]
}

const shownWorkflows = 12

/** Published workflows: opened on the canvas, they run as from everywhere else. */
function toReady({ workflows }: BadgeWords, page: PageActions, close: () => void): Node[] {
  if (workflows.length === 0) return []
  const outcome = element('p', { role: 'status' })
  const buttons = workflows.slice(0, shownWorkflows).map((workflow) => {
    const button = element('button', { type: 'button', class: 'ready', title: workflow.problem ?? '' }, workflow.name)
    button.addEventListener('click', () => {
      void page.open(workflow).then((refusal) => {
        outcome.textContent = refusal ?? ''
        if (refusal === undefined) close()
      })
    })
    return button
  })
  const more = workflows.length > shownWorkflows ? [toLink(`All ${workflows.length}`, '/gatehouse/run')] : []
  return [element('h3', {}, 'Ready to run'), ...buttons, ...more, outcome]
}

/** It only hands over: what people run is published in the owner's window, where no custom node's script is. */
function toPublish({ publishing }: BadgeWords, page: PageActions): Node[] {
  if (publishing === 'no') return []
  const outcome = element('p', { role: 'status' })
  const button = element('button', { type: 'button', class: 'small' }, 'Publish …')
  button.addEventListener('click', () => {
    button.disabled = true
    void page.publish().then((refusal) => {
      button.disabled = false
      outcome.textContent = refusal ?? HANDED_OVER[publishing]
    })
  })
  return [element('h3', {}, 'Let others run what is on the canvas'), button, outcome]
}

const HANDED_OVER = {
  here: 'Gatehouse’s own window asks the rest.',
  there: 'Handed over. Publish it in Gatehouse’s window on its own computer.',
}

function toLinks({ isSignedOut, canSignOut }: BadgeWords, hasUnsavedWork: () => boolean): Node[] {
  if (isSignedOut) return [toLink('Sign in again', '/login')]
  const links: Node[] = [toLink('My pictures', '/gatehouse/pictures'), toLink('My account', '/gatehouse/')]
  return canSignOut ? [...links, createSignOut(hasUnsavedWork)] : links
}

/** Signing out clears what the browser keeps for this address, drafts of workflows too. */
function createSignOut(hasUnsavedWork: () => boolean): HTMLElement {
  const button = element('button', { type: 'button' }, 'Sign out')
  let asked = false
  button.addEventListener('click', () => {
    if (asked || !hasUnsavedWork()) {
      signOut()
      return
    }
    asked = true
    button.textContent = 'Sign out and lose unsaved changes'
  })
  return button
}

/** In a tab of its own: what is on the canvas stays. */
const toLink = (text: string, href: string): HTMLElement =>
  element('a', { href, target: '_blank', rel: 'noopener' }, text)

/** A form, so that the browser goes to the sign-in page; the session ends before it gets there. */
function signOut(): void {
  const form = element('form', { method: 'post', action: '/logout' })
  document.body.append(form)
  form.submit()
}
