import { badgeStyle } from './badgeStyle.ts'
import type { BadgeWords } from './describeState.ts'
import { element } from './element.ts'
import { createPanel } from './panel.ts'
import type { PageActions } from './panel.ts'

export interface Badge {
  /** Where the badge stands; it can be moved anywhere in the page. */
  readonly host: HTMLElement
  show(words: BadgeWords): void
  /** In a corner of the window instead of in the page's bar. */
  setFloating(floating: boolean): void
  toggle(): void
}

/** A button that says who is signed in and how it stands, and opens the panel. */
export function createBadge(page: PageActions): Badge {
  const name = element('span', { class: 'name' })
  const initial = element('span', { class: 'initial', 'aria-hidden': 'true' })
  const note = element('span', { class: 'note', role: 'status' })
  const button = element('button', { type: 'button', class: 'badge', 'aria-expanded': 'false' }, initial, name, note)
  const frame = element('div', { hidden: '' }, button)
  const host = element('div', { class: 'gatehouse-badge' })
  host.attachShadow({ mode: 'open' }).append(element('style', {}, badgeStyle), frame)
  // The frontend of 2026 hides the place of extensions while all in it is empty, and a shadow tree does not count.
  host.append(element('span'))
  const panel = createPanel(button, page)
  button.addEventListener('click', () => panel.toggle())
  return {
    host,
    show: (words) => {
      frame.hidden = false
      initial.textContent = words.isSignedOut ? '!' : (/^./u.exec(words.name)?.[0] ?? '').toLocaleUpperCase()
      name.textContent = words.name
      setText(note, words.note)
      note.hidden = words.note === ''
      note.dataset['tone'] = words.tone
      // Without it the two are spoken as one word.
      button.setAttribute('aria-label', words.note === '' ? words.name : `${words.name}, ${words.note}`)
      button.title = words.isSignedOut ? words.name : `${words.name}, ${words.role}`
      panel.show(words)
    },
    setFloating: (floating) => frame.classList.toggle('floating', floating),
    toggle: () => panel.toggle(),
  }
}

/** A screen reader speaks what is written anew, also the same words. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text
}
