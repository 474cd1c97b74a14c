import type { ProtectionReport } from '../proxy/contract/protection.ts'
import type { RunningGate } from '../service/protection/runningGate.ts'
import type { Finding } from './doctor/finding.ts'
import type { Stores } from '../proxy/accounts/stores.ts'

/** What a command needs of the world; tests hand in their own. */
export interface CommandContext {
  readonly dataDirectory: string
  readonly json: boolean
  /** One line, or several, to stdout. */
  print(text: string): void
  /** One line to stderr. */
  complain(text: string): void
  readStdin(): Promise<string>
  openStores(): Promise<Stores>
  /** The doctor's look at what the window needs of this computer. */
  checkWindow(): Promise<readonly Finding[]>
  /** Tries every attack; says on stderr how far it is. */
  runAttacks(running: RunningGate): Promise<ProtectionReport>
  nowMs(): number
}

/** The command line was not understood: exit code 2. */
export class UsageError extends Error {}

/** What `--help` says of a command. */
export interface CommandWords {
  /** What it is for, in a sentence or two. */
  readonly about: string
  /** One line each, without the program's name. */
  readonly usage: readonly string[]
}

export interface Command extends CommandWords {
  /** @throws UsageError, GateError */
  run(argv: readonly string[], context: CommandContext): Promise<number | undefined>
}
