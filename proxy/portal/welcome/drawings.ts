/**
 * A dialog or a page of somebody's system, drawn small: a title, and rows of which some are to be pressed. Drawn by us,
 * with the words that stand there, so that people find them again.
 */
export interface Drawing {
  /** `phone`: narrow, with round corners. `window`: with a bar. */
  readonly frame: 'phone' | 'window'
  readonly title: string
  readonly rows: readonly DrawnRow[]
}

export type DrawnRow =
  /** What the system says. */
  | { readonly says: string }
  /** A row beside the one to press. */
  | { readonly row: string }
  | { readonly press: string }
  /** A switch that is to be on. */
  | { readonly turnOn: string }
  /** Buttons next to each other; the one to press. */
  | { readonly buttons: readonly string[]; readonly press: string }

/** `fill` puts the names in and makes the text safe to stand in a page. */
export function draw(drawing: Drawing, fill: (text: string) => string): string {
  const rows = drawing.rows.map((row) => drawRow(row, fill)).join('')
  const label = fill(describe(drawing))
  return `<div class="screen ${drawing.frame}" role="img" aria-label="${label}"><div class="bar">${fill(drawing.title)}</div>${rows}</div>`
}

function drawRow(row: DrawnRow, fill: (text: string) => string): string {
  if ('says' in row) return `<div class="says">${fill(row.says)}</div>`
  if ('row' in row) return `<div class="row">${fill(row.row)}</div>`
  if ('turnOn' in row) return `<div class="row press"><i class="switch"></i>${fill(row.turnOn)}</div>`
  if ('buttons' in row) {
    const buttons = row.buttons.map((text) => {
      const kind = text === row.press ? 'button press' : 'button'
      return `<span class="${kind}">${fill(text)}</span>`
    })
    return `<div class="buttons">${buttons.join(' ')}</div>`
  }
  return `<div class="row press">${fill(row.press)}</div>`
}

/** The same for who does not see it. */
function describe({ title, rows }: Drawing): string {
  const pressed = rows.flatMap((row) => ('press' in row ? row.press : 'turnOn' in row ? row.turnOn : []))
  return `Drawing: ${title}. To press: ${pressed.join(', ')}.`
}
