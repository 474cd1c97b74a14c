/** Where the engine's own frontend extension is served. */
export const EXTENSION_PATH = '/extensions/practice/practice.js'

/** Nothing yet. */
export const EXTENSION_SCRIPT = ''
