import { dialog } from 'electron'
import type { BrowserWindow, MessageBoxOptions, OpenDialogOptions } from 'electron'
import { namesInWords } from './trayMenu.ts'
import type { WayAway } from './windowClosing.ts'

/** Every native dialog, in the words that people read. Each resolves to what was chosen. */

async function ask(window: BrowserWindow | undefined, options: MessageBoxOptions): Promise<number> {
  const shown = window?.isDestroyed() === false && window.isVisible() ? window : undefined
  const result = await (shown === undefined ? dialog.showMessageBox(options) : dialog.showMessageBox(shown, options))
  return result.response
}

const inMenuBar = 'You find it up in the menu bar.'
const inTray = 'You find its icon by the clock.'
const withoutTray =
  'This desktop shows no icons of running programs, so the window is only minimised. You can quit with Ctrl+Q.'

/** Says once that closing the window keeps serving. */
export async function explainTray(
  window: BrowserWindow | undefined,
  { platform, way }: { platform: NodeJS.Platform; way: WayAway },
): Promise<'keepRunning' | 'quit'> {
  const where = way === 'minimise' ? withoutTray : platform === 'darwin' ? inMenuBar : inTray
  const response = await ask(window, {
    type: 'info',
    title: 'Gatehouse',
    message: 'Gatehouse keeps running',
    detail: `Closing the window does not stop ComfyUI or sharing. ${where}`,
    buttons: ['OK', 'Quit everything'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  return response === 1 ? 'quit' : 'keepRunning'
}

/** Asks before a quit that takes ComfyUI away from people who are using it. */
export async function askQuit(window: BrowserWindow | undefined, names: readonly string[]): Promise<boolean> {
  const plural = names.length > 1
  const response = await ask(window, {
    type: 'question',
    title: 'Gatehouse',
    message: `${namesInWords(names)} ${plural ? 'are' : 'is'} here right now`,
    detail: `If you quit, ${plural ? 'their' : 'the'} connection ends and a picture that is being made is lost. It can be run again later.`,
    buttons: ['Keep running', 'Quit now'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  return response === 1
}

/** Asks before a quit that would close ComfyUI's window unasked. */
export async function askQuitWithCanvas(window: BrowserWindow | undefined): Promise<boolean> {
  const response = await ask(window, {
    type: 'question',
    title: 'Gatehouse',
    message: 'Quit Gatehouse?',
    detail: 'ComfyUI stops and its window closes. What is not saved there may be lost.',
    buttons: ['Cancel', 'Quit'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  return response === 1
}

/** ComfyUI's page says that something in it is not saved. */
export async function askLeaveCanvas(window: BrowserWindow, way: 'close' | 'reload'): Promise<boolean> {
  const response = await ask(window, {
    type: 'question',
    title: 'ComfyUI',
    message: 'The workflow has changes that are not saved',
    buttons: ['Stay', way === 'close' ? 'Close without saving' : 'Reload without saving'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  return response === 1
}

/** ComfyUI's page runs other people's code, so a link out of it is asked about first. */
export async function askOpenLink(window: BrowserWindow | undefined, link: URL): Promise<boolean> {
  const response = await ask(window, {
    type: 'question',
    title: 'ComfyUI',
    message: `Open ${link.hostname} in your browser?`,
    detail: link.href.length > 200 ? `${link.href.slice(0, 200)}…` : link.href,
    buttons: ['Cancel', 'Open'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  return response === 1
}

/** Something could not be done, said once, in words. */
export async function showProblem(message: string, detail = ''): Promise<void> {
  await ask(undefined, { type: 'warning', title: 'Gatehouse', message, detail, buttons: ['OK'], noLink: true })
}

/** Lets the owner pick ComfyUI's folder. */
export function pickComfyuiFolder(window: BrowserWindow | undefined): Promise<string | undefined> {
  return pickPath(window, {
    title: 'Choose the folder of ComfyUI',
    buttonLabel: 'Use this folder',
    properties: ['openDirectory', 'dontAddToRecent'],
  })
}

/** Where a person's pictures are to lie. */
export function pickPersonFolder(window: BrowserWindow | undefined, name: string): Promise<string | undefined> {
  return pickPath(window, {
    title: `Choose a folder for ${name}’s pictures`,
    message: `If it holds something already, a folder of its own is made in it.`,
    buttonLabel: 'Move them here',
    properties: ['openDirectory', 'createDirectory', 'dontAddToRecent'],
  })
}

/** A certificate, with those above it in the same file, or its key. */
export function pickPemFile(
  window: BrowserWindow | undefined,
  what: 'certificate' | 'key',
): Promise<string | undefined> {
  return pickPath(window, {
    title: what === 'certificate' ? 'Choose the certificate (PEM)' : 'Choose the private key of the certificate (PEM)',
    buttonLabel: 'Use this file',
    filters: [
      { name: 'PEM', extensions: ['pem', 'crt', 'cer', 'key'] },
      { name: 'All files', extensions: ['*'] },
    ],
    properties: ['openFile', 'dontAddToRecent'],
  })
}

async function pickPath(window: BrowserWindow | undefined, options: OpenDialogOptions): Promise<string | undefined> {
  const result = await (window === undefined ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options))
  return result.canceled ? undefined : result.filePaths[0]
}
