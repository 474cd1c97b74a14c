import { BrowserWindow, session } from 'electron'
import { windowBackground } from './mainWindow.ts'
import { denyPermissions } from './navigationGuard.ts'
import { pagePreferences } from './pagePreferences.ts'

interface KeyPage {
  readonly heading: string
  readonly key: string
  readonly hint: string
}

/**
 * Runs in the window: draws the page and resolves when a button is pressed. It is sent as source text, so it uses nothing
 * from outside. The key goes in as an argument of that text: it is in no URL, no file and no argv.
 */
function drawKeyPage(page: KeyPage): Promise<'copy' | 'done'> {
  const style = document.createElement('style')
  style.textContent = `
    :root { color-scheme: light dark; font: 14px/20px system-ui, sans-serif;
      --surface: #ffffff; --sunken: #f7f8fa; --ink: #191b22; --ink-2: #565c6b; --line: #868c9a; --accent: #3949c6; }
    @media (prefers-color-scheme: dark) { :root {
      --surface: #171a20; --sunken: #12151a; --ink: #eceef3; --ink-2: #a5abb9; --line: #6c7382; --accent: #4d5fdc; } }
    body { margin: 0; padding: 24px; background: var(--surface); color: var(--ink); }
    h1 { font-size: 20px; line-height: 28px; margin: 0 0 12px; font-weight: 650; overflow-wrap: anywhere; }
    textarea { box-sizing: border-box; width: 100%; height: 64px; resize: none; padding: 13px 12px; border-radius: 8px;
      border: 1px solid var(--line); background: var(--sunken); color: var(--ink); font: 13px/18px ui-monospace, monospace;
      word-break: break-all; overflow: hidden; }
    p { margin: 12px 0 24px; color: var(--ink-2); }
    div { display: flex; gap: 8px; justify-content: flex-end; }
    button { font: inherit; font-weight: 550; padding: 0 16px; height: 36px; border-radius: 8px; color: var(--ink);
      border: 1px solid var(--line); background: var(--surface); }
    button:last-child { border-color: var(--accent); background: var(--accent); color: #fff; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }`
  const heading = document.createElement('h1')
  heading.textContent = page.heading
  const field = document.createElement('textarea')
  field.readOnly = true
  field.value = page.key
  field.spellcheck = false
  field.setAttribute('aria-label', 'The new key')
  field.addEventListener('focus', () => field.select())
  const hint = document.createElement('p')
  hint.setAttribute('role', 'status')
  hint.textContent = page.hint
  const copy = document.createElement('button')
  copy.textContent = 'Copy again'
  const done = document.createElement('button')
  done.textContent = 'I have saved it'
  const buttons = document.createElement('div')
  buttons.append(copy, done)
  document.title = page.heading
  document.documentElement.lang = 'en'
  document.head.replaceChildren(style)
  document.body.replaceChildren(heading, field, hint, buttons)
  field.focus()
  return new Promise((resolve) => {
    copy.addEventListener('click', () => resolve('copy'))
    done.addEventListener('click', () => resolve('done'))
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' || (event.key === 'Enter' && event.target === field)) resolve('done')
    })
  })
}

/** Shows a new key once, in a small window without preload; resolves when it is closed. `copy` puts it on the clipboard. */
export async function showKeyOnce(options: {
  personName: string
  key: string
  icon: string
  copy: () => Promise<void>
}): Promise<void> {
  const partition = session.fromPartition('key')
  denyPermissions(partition)
  const window = new BrowserWindow({
    width: 560,
    height: 268,
    useContentSize: true,
    resizable: false,
    minimizable: false,
    fullscreenable: false,
    title: 'New key',
    icon: options.icon,
    backgroundColor: windowBackground(),
    autoHideMenuBar: true,
    webPreferences: pagePreferences(partition),
  })
  window.setMenuBarVisibility(false)
  const page: KeyPage = {
    heading: `New key for ${options.personName}`,
    key: options.key,
    hint: 'Copied for 60 seconds. The key is shown only now; it runs ComfyUI and expires in 90 days.',
  }
  try {
    await window.loadURL('about:blank')
    for (;;) {
      const pressed: unknown = await window.webContents.executeJavaScript(
        `(${drawKeyPage.toString()})(${JSON.stringify(page)})`,
        true,
      )
      if (pressed !== 'copy') break
      await options.copy()
    }
  } catch (error) {
    // Closing the window ends the wait with an error; anything else is one.
    if (!window.isDestroyed()) throw error
  } finally {
    if (!window.isDestroyed()) window.destroy()
  }
}
