import { resolve } from 'node:path'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { importSentinel } from '../../service/sentinelImport/importSentinel.ts'
import type { ImportReport } from '../../service/sentinelImport/importSentinel.ts'
import { readSentinelFolder } from '../../service/sentinelImport/readSentinelFolder.ts'
import { UsageError } from '../commandContext.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseOptions } from '../parseOptions.ts'
import { withNewStores } from '../withStores.ts'

function parseRole(text: string | undefined): 'user' | 'creator' {
  if (text === undefined || text === 'user') return 'user'
  if (text === 'creator') return text
  throw new UsageError('--role is user or creator; --administrators makes administrators of those who were.')
}

async function run(argv: readonly string[], context: CommandContext): Promise<undefined> {
  const { values, positionals } = parseOptions(
    argv,
    { 'dry-run': 'boolean', administrators: 'boolean', role: 'string' },
    ['DIR'],
  )
  const role = parseRole(values.role)
  // Read before anything is opened or made: a folder that cannot be read changes nothing.
  const folder = readSentinelFolder(resolve(positionals[0] ?? ''))
  await withNewStores(context, async (stores) => {
    const options = {
      ...{ role, by: commandLine, dryRun: values['dry-run'] === true },
      administrators: values.administrators === true,
    }
    const report = await importSentinel(stores, folder, options)
    const wereAdmins = folder.people.filter(({ isAdmin }) => isAdmin).map(({ name }) => name)
    context.print(context.json ? JSON.stringify(report) : describe(report, options.administrators ? [] : wereAdmins))
  })
  return undefined
}

/** For people; `wereAdmins` are told of because they are none here. */
function describe(report: ImportReport, wereAdmins: readonly string[]): string {
  const { imported, known, refused, rules, settings, notes, missing } = report
  const lines = [
    ...(report.dryRun ? ['Nothing was changed: this is what would be done.'] : []),
    ...imported.map(({ name, role }) => `+ ${name} (${role}); the password stays what it was`),
    ...known.map((name) => `= ${name} is here already`),
    ...refused.map(({ name, reason }) => `! ${name}: ${reason}`),
    ...(rules.allow + rules.deny > 0 ? [`+ address rules: ${rules.allow} allowed, ${rules.deny} denied`] : []),
    ...rules.skipped.map((line) => `! ${line} is no address`),
    ...settings.map(({ option, name, value }) => `+ ${option}: ${name} = ${JSON.stringify(value)}`),
    ...notes.map(({ option, reason }) => `- ${option}: ${reason}`),
    ...missing.map((name) => `- ${name} is not there`),
    ...(wereAdmins.length > 0
      ? [
          `- ${wereAdmins.join(', ')} administered ComfyUI-Sentinel. Here they do with --administrators, or: gatehouse user set-role NAME administrator`,
        ]
      : []),
  ]
  return lines.join('\n')
}

/** `gatehouse import-sentinel DIR` */
export const importSentinelCommand: Command = {
  about:
    'Takes people, address lists and options over from a folder of ComfyUI-Sentinel. --dry-run only says what it would do.',
  usage: ['import-sentinel DIR [--role user|creator] [--administrators] [--dry-run]'],
  run,
}
