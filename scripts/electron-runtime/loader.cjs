'use strict'

/**
 * The app inside the fallback Electron tree (resources/default_app.asar): opens the app folder named on the command line, as the
 * official binary does, after the script given by --app-prelude=<file>. Self-contained: it is copied out of this folder.
 */

const fs = require('fs')
const path = require('path')
const { app } = require('electron')

const PRELUDE_OPTION = '--app-prelude='

function stop(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

const isPreludeOption = (argument) => argument.startsWith(PRELUDE_OPTION)
const prelude = process.argv.find(isPreludeOption)
process.argv = process.argv.filter((argument) => !isPreludeOption(argument))

const named = process.argv.slice(1).find((argument) => !argument.startsWith('-'))
if (named === undefined) stop('Name the folder of the app: electron <folder>')

const appPath = path.resolve(named)
const packageFile = path.join(appPath, 'package.json')
if (!fs.existsSync(packageFile)) stop(`There is no app in ${appPath}: it has no package.json.`)

const description = JSON.parse(fs.readFileSync(packageFile, 'utf8'))
const name = description.productName ?? description.name ?? 'electron'
Object.defineProperty(process, 'defaultApp', { value: true, enumerable: true, configurable: false })
app.setName(name)
app.setVersion(description.version ?? '0.0.0')
app.setDesktopName(description.desktopName ?? `${name}.desktop`)
app.setAppPath(appPath)
app.setPath('userData', path.join(app.getPath('appData'), name))

if (prelude !== undefined) require(prelude.slice(PRELUDE_OPTION.length))
require(path.resolve(appPath, description.main ?? 'index.js'))
