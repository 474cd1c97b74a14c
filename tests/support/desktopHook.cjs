// Loaded into the app before its own code, by the e2e tests only: tray menus and native dialogs cannot be reached from
// outside. Keeps the last menu, and answers message boxes with the button that the test named.

const Module = require('node:module')
const { setTimeout } = require('node:timers')
const electron = require('electron')

const state = { menu: undefined, dialogs: [], answers: [], folders: [], hasTray: true }
globalThis.desktopTest = state

// Native methods lie on each tray itself, not on a prototype that could be changed.
function Tray(...args) {
  const tray = new electron.Tray(...args)
  const setContextMenu = tray.setContextMenu
  tray.setContextMenu = (menu) => {
    state.menu = menu
    return setContextMenu.call(tray, menu)
  }
  return tray
}

const observed = new Proxy(electron, { get: (target, name) => (name === 'Tray' ? Tray : target[name]) })

// The panel of the test's desktop: the product asks for it by this one program.
const childProcess = require('node:child_process')
const execFile = new Proxy(childProcess.execFile, {
  apply: (target, self, args) => {
    if (args[0] !== 'dbus-send') return Reflect.apply(target, self, args)
    setTimeout(() => args.at(-1)(null, `   variant       boolean ${state.hasTray}\n`, ''), 0)
  },
})
const programs = new Proxy(childProcess, { get: (target, name) => (name === 'execFile' ? execFile : target[name]) })

const load = Module._load
Module._load = function (request, ...others) {
  if (request === 'node:child_process') return programs
  return request === 'electron' ? observed : load.call(this, request, ...others)
}

electron.dialog.showMessageBox = (...args) => {
  const options = args.at(-1)
  const index = state.answers.findIndex((answer) => options.buttons.includes(answer))
  const [answer] = index < 0 ? [options.buttons[options.cancelId ?? 0]] : state.answers.splice(index, 1)
  // Nobody answers within the turn of the event loop that asked.
  return new Promise((resolve) =>
    setTimeout(() => {
      resolve({ response: options.buttons.indexOf(answer), checkboxChecked: false })
      state.dialogs.push({ message: options.message, detail: options.detail ?? '', answer })
    }, 100),
  )
}

electron.dialog.showOpenDialog = () => {
  const folder = state.folders.shift()
  return Promise.resolve({ canceled: folder === undefined, filePaths: folder === undefined ? [] : [folder] })
}
