/** Control characters in names do not reach the terminal. */
export const cleanText = (text: string): string => text.replace(/\p{C}/gu, '?')

/** Rows in columns, as wide as they need to be, and clean. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(cleanText))
  const widths = header.map((title, column) => Math.max(title.length, ...clean.map((row) => row[column]?.length ?? 0)))
  return [header, ...clean]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
