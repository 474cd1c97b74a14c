/* global window, document */
// Runs before the first paint: the page must not flash in the wrong colours. Kept tiny and without imports.
;(function () {
  var chosen = null
  try {
    chosen = window.localStorage.getItem('gatehouse-appearance')
  } catch {
    // Storage may be forbidden; the system's choice is right then.
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
})()
