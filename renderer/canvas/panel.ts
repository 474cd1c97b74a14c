import { badgeStyle } from './badgeStyle.ts'
import type { BadgeWords } from './describeState.ts'
import { element } from './element.ts'

export interface Panel {
  show(words: BadgeWords): void
  toggle(): void
}

const gapPx = 8

/** The panel below the badge. It lies in the page's body, because the frontend's bar cuts off what is larger. */
export function createPanel(button: HTMLElement): Panel {
  const content = element('div')
  const frame = element('div', { class: 'panel', role: 'dialog', 'aria-label': 'Gatehouse', hidden: '' }, content)
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
      content.replaceChildren(...toParts(words))
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

function toParts(words: BadgeWords): HTMLElement[] {
  if (words.isSignedOut) return signedOutParts()
  const parts: HTMLElement[] = [
    element('div', { class: 'who' }, element('h2', {}, words.name), element('p', { title: words.meaning }, words.role)),
  ]
  if (words.jobs.length > 0) {
    const lines = words.jobs.map(({ text, tone }) => element('p', { 'data-tone': tone }, text))
    parts.push(element('div', { class: 'part' }, element('h3', {}, 'Your jobs'), ...lines))
  }
  if (words.storage !== undefined) {
    const { text, fraction, tone } = words.storage
    const meter = element('meter', { 'data-tone': tone, 'aria-label': 'Room used' })
    meter.value = fraction
    parts.push(
      element(
        'div',
        { class: 'part' },
        element('h3', {}, 'Your room'),
        element('p', { 'data-tone': tone }, text),
        meter,
      ),
    )
  }
  parts.push(toLinks(words.canSignOut))
  return parts
}

function toLinks(canSignOut: boolean): HTMLElement {
  const links = element(
    'div',
    { class: 'links' },
    toLink('My pictures', '/gatehouse/pictures'),
    toLink('My account', '/gatehouse/'),
  )
  if (canSignOut) {
    const out = element('button', { type: 'button' }, 'Sign out')
    out.addEventListener('click', signOut)
    links.append(out)
  }
  return links
}

/** In a tab of its own: what is on the canvas stays. */
const toLink = (text: string, href: string): HTMLElement =>
  element('a', { href, target: '_blank', rel: 'noopener' }, text)

function signedOutParts(): HTMLElement[] {
  const text =
    'Your sign-in has ended. What is on the canvas is still here; sign in again in a tab of its own and go on.'
  return [
    element('div', { class: 'who' }, element('h2', {}, 'Signed out'), element('p', {}, text)),
    element('div', { class: 'links' }, toLink('Sign in again', '/login')),
  ]
}

/** A form, so that the browser goes to the sign-in page; the session ends before it gets there. */
function signOut(): void {
  const form = element('form', { method: 'post', action: '/logout' })
  document.body.append(form)
  form.submit()
}
