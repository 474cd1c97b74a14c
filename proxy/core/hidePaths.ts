/** Between quotes a path may contain blanks; outside of them it ends at one. */
const QUOTED = /(["'])(?:[A-Za-z]:[\\/]|\\\\|\/)[^"'\n]*[\\/]([^"'\n\\/]*)\1/g
const PLAIN =
  /(?<![\w.~:/\\-])(?:[A-Za-z]:[\\/]|\\\\|\/)(?:[^\s"'`<>|*?\\/:,;()[\]]+[\\/])+([^\s"'`<>|*?\\/:,;()[\]]*)/g

/** The text with absolute paths cut to the name of the file: they tell of this computer and of its owner. */
export const hidePaths = (text: string): string => text.replace(QUOTED, '$1…/$2$1').replace(PLAIN, '…/$1')

/** The same for a text that was cut: what follows the begin of a path in its last line may be half a folder's name. */
export const hidePathsOfCut = (text: string): string =>
  hidePaths(text.replace(/(?<![\w.~:/\\-])(?:[A-Za-z]:[\\/]|\\\\|\/)[^\n]*$/, '…'))
