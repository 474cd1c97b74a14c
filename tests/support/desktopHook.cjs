// Loaded into the app before its own code, by the e2e tests only: tray menus and native dialogs cannot be reached from
// outside. Keeps the last menu, and answers message boxes with the button that the test named.

const { Tray, dialog } = require('electron')

const state = { menu: undefined, dialogs: [], answers: [] }
globalThis.desktopTest = state

const setContextMenu = Tray.prototype.setContextMenu
Tray.prototype.setContextMenu = function (menu) {
  state.menu = menu
  return setContextMenu.call(this, menu)
}

dialog.showMessageBox = (...args) => {
  const options = args.at(-1)
  const index = state.answers.findIndex((answer) => options.buttons.includes(answer))
  const [answer] = index < 0 ? [options.buttons[options.cancelId ?? 0]] : state.answers.splice(index, 1)
  state.dialogs.push({ message: options.message, detail: options.detail ?? '', answer })
  return Promise.resolve({ response: options.buttons.indexOf(answer), checkboxChecked: false })
}
