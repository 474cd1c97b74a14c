export interface Command {
  readonly id: string
  readonly title: string
  /** What kind of thing it is: "Page", "Person", or nothing. */
  readonly hint: string
  readonly run: () => void
}

/** Commands whose title has every typed word, those that begin with it first; all of them when nothing was typed. */
export function findCommands(commands: readonly Command[], search: string): Command[] {
  const words = search.trim().toLowerCase().split(/\s+/)
  const matching = commands.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)))
  const first = words[0] ?? ''
  const begins = ({ title }: Command) => (title.toLowerCase().startsWith(first) ? 0 : 1)
  return [...matching].sort((a, b) => begins(a) - begins(b))
}
