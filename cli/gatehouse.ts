import { GateError } from '../proxy/contract/errorCodes.ts'
import { auditCommand } from './commands/audit.ts'
import { doctorCommand } from './commands/doctor.ts'
import { folderCommand } from './commands/folder.ts'
import { ipCommand } from './commands/ip.ts'
import { importSentinelCommand } from './commands/importSentinel.ts'
import { keyCommand } from './commands/key.ts'
import { lockoutCommand } from './commands/lockout.ts'
import { roleCommand } from './commands/role.ts'
import { settingsCommand } from './commands/settings.ts'
import { userCommand } from './commands/user.ts'
import { workflowCommand } from './commands/workflow.ts'
import { UsageError } from './commandContext.ts'
import type { Command, CommandContext, CommandWords } from './commandContext.ts'

/**
 * The command line: one file a command, over the same stores as the window. A running gate sees what is written here
 * by itself.
 */
const commands: Readonly<Record<string, Command>> = {
  user: userCommand,
  role: roleCommand,
  key: keyCommand,
  ip: ipCommand,
  lockout: lockoutCommand,
  folder: folderCommand,
  workflow: workflowCommand,
  settings: settingsCommand,
  audit: auditCommand,
  'import-sentinel': importSentinelCommand,
  doctor: doctorCommand,
}

/** Started by main.ts, because it needs more than the stores. */
const serveWords: CommandWords = {
  about:
    'Runs ComfyUI and the gate without a window, until it is ended. Without --host only this computer reaches it. What is said here counts for this run.',
  usage: [
    'serve [--comfyui DIR [--python EXE] | --practice] [--host ADDR] [--port N] [--tls auto|off] [--comfyui-port N] [-- more ComfyUI arguments]',
  ],
}

const all: Readonly<Record<string, CommandWords>> = { serve: serveWords, ...commands }

const toLines = ({ usage }: CommandWords): string => usage.map((line) => `  gatehouse ${line}`).join('\n')

const usageText = ['gatehouse [--data-dir DIR] [--json] COMMAND', '', ...Object.values(all).map(toLines)].join('\n')

/** What `--help` prints: of all commands, or of the one that is named; undefined: there is none of that name. */
export function describeUsage(name = ''): string | undefined {
  if (name === '') return `${usageText}\n\ngatehouse COMMAND --help says what one is for.`
  const words = Object.hasOwn(all, name) ? all[name] : undefined
  return words && `${words.about}\n\n${toLines(words)}\n\nEvery command takes --data-dir DIR and --json.`
}

export interface GlobalOptions {
  readonly dataDirectory: string | undefined
  readonly json: boolean
  readonly help: boolean
  /** Everything else, the command first. */
  readonly rest: readonly string[]
}

/** Takes out the options that stand anywhere before `--`. @throws UsageError */
export function parseGlobalOptions(argv: readonly string[]): GlobalOptions {
  const rest: string[] = []
  let dataDirectory: string | undefined
  let json = false
  let help = false
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    if (word === '--') {
      rest.push(...argv.slice(at))
      break
    }
    if (word === '--json') json = true
    else if (word === '--help' || word === '-h') help = true
    else if (word === '--data-dir') dataDirectory = argv[(at += 1)] ?? ''
    else if (word.startsWith('--data-dir=')) dataDirectory = word.slice('--data-dir='.length)
    else rest.push(word)
  }
  if (dataDirectory === '') throw new UsageError('--data-dir needs a folder.')
  return { dataDirectory, json, help, rest }
}

/**
 * Runs one command.
 * @returns the exit code: 0 done, 1 refused (reason on stderr), 2 wrong usage
 */
export async function runCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const [name = '', ...rest] = argv
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  try {
    if (command === undefined) {
      throw new UsageError(name === '' ? 'Which command?' : `There is no command "${name}" in this version.`)
    }
    return (await command.run(rest, context)) ?? 0
  } catch (error) {
    return reportFailure(error, context, command)
  }
}

/** Tells why, in words or with --json as `{code, message}`. @returns the exit code */
export function reportFailure(
  error: unknown,
  context: Pick<CommandContext, 'json' | 'complain'>,
  command?: Command,
): number {
  const isUsage = error instanceof UsageError
  const isExpected = isUsage || error instanceof GateError
  const message = isExpected ? error.message : 'Something went wrong inside Gatehouse.'
  const code = error instanceof GateError ? error.code : isUsage ? 'WRONG_USAGE' : 'INTERNAL_ERROR'
  if (context.json) context.complain(JSON.stringify({ code, message }))
  else context.complain(`gatehouse: ${message}`)
  if (isUsage && !context.json) {
    context.complain(command === undefined ? usageText : toLines(command))
  }
  if (!isExpected && !context.json)
    context.complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return isUsage ? 2 : 1
}
