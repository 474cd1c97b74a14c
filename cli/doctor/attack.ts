import type { AttackResult, ProtectionReport } from '../../proxy/contract/protection.ts'
import { countOutcomes } from '../../proxy/contract/protection.ts'
import { findLockHolder } from '../../proxy/database/lockFile.ts'
import type { RunningGate } from '../../service/protection/runningGate.ts'
import type { CommandContext } from '../commandContext.ts'
import { withStores } from '../withStores.ts'

const atWork = ['waiting', 'sent', 'running'] as const

/** The gate that runs with this data folder, unless somebody works with it: it is not attacked meanwhile. */
export async function findRunningGate(context: CommandContext): Promise<RunningGate> {
  const url = findLockHolder(context.dataDirectory)?.url
  if (url === undefined || url === null) return { notAsked: 'No Gatehouse runs with this data folder.' }
  const found: unknown[] = []
  await withStores(context, async ({ database }) => {
    found.push(
      ...(await database.kysely.selectFrom('jobs').select('id').where('state', 'in', atWork).limit(1).execute()),
    )
  })
  if (found.length > 0) return { notAsked: 'Somebody’s job runs or waits. Check again when nobody works.' }
  return { port: Number(new URL(url).port) }
}

const marks = { held: 'held  ', broken: 'BROKEN', notRun: '-     ' } as const

/** What held, what did not, and what to do then; each case in a line. */
export function describeReport(report: ProtectionReport): string {
  const { held, broken, notRun } = countOutcomes(report.cases)
  const live = report.cases.filter(({ on }) => on === 'running')
  const [first] = live
  const isLeftOut =
    first !== undefined && live.every(({ outcome, seen }) => outcome === 'notRun' && seen === first.seen)
  const shown = isLeftOut ? report.cases.filter(({ on }) => on === 'standIn') : report.cases
  const lines = shown.map(describeResult)
  const when = `${report.startedAt}, Gatehouse ${report.version}, ${Math.round(report.tookMs / 1000)} s`
  const sum = `${held} attacks held, ${broken} did not, ${notRun} were not tried.`
  const advice = 'Switch sharing off until this is mended, and send this report to whoever makes Gatehouse.'
  const leftOut = isLeftOut ? [`The running gate was not attacked: ${first.seen}`] : []
  // Again at the end: in a hundred lines nobody looks for the one.
  const again = broken === 0 ? [] : ['', ...shown.filter(({ outcome }) => outcome === 'broken').map(describeResult), '']
  return [...lines, '', ...leftOut, when, sum, ...again, ...(broken === 0 ? [] : [advice])].join('\n')
}

function describeResult({ outcome, on, title, holes, seen }: AttackResult): string {
  const where = on === 'running' ? 'running gate: ' : ''
  return `${marks[outcome]}  ${where}${title} (${holes.join(', ')})${outcome === 'held' ? '' : `\n          ${seen}`}`
}
