import { existsSync } from 'node:fs'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { countOutcomes } from '../../proxy/contract/protection.ts'
import { describeReport, findRunningGate } from '../doctor/attack.ts'
import { runChecks } from '../doctor/checks.ts'
import type { Finding } from '../doctor/finding.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseOptions } from '../parseOptions.ts'
import { withStores } from '../withStores.ts'

const marks: Readonly<Record<Finding['verdict'], string>> = { good: 'ok  ', note: 'note', bad: 'BAD ' }

/** `gatehouse doctor`: looks at the data folder and the computer, changes nothing, and says in words what is wrong. */
export const doctorCommand: Command = {
  about: 'Looks for what is wrong with the data folder and this computer, and changes nothing.',
  usage: ['doctor', 'doctor --attack   (attacks a gate of its own, and the running one where it refuses by itself)'],
  run: async (argv, context) => {
    const { values } = parseOptions(argv, { attack: 'boolean' }, [])
    if (values.attack === true) return attack(context)
    const findings = [...(await examine(context)), ...(await context.checkWindow())]
    const isWell = findings.every((finding) => finding.verdict !== 'bad')
    if (context.json) context.print(JSON.stringify({ ok: isWell, checks: findings }))
    else
      for (const { verdict, check, words } of findings) context.print(`${marks[verdict]}  ${check.padEnd(8)}  ${words}`)
    return isWell ? 0 : 1
  },
}

/** @returns 1 when an attack worked */
async function attack(context: CommandContext): Promise<number> {
  const report = await context.runAttacks(await findRunningGate(context))
  const isWell = countOutcomes(report.cases).broken === 0
  context.print(context.json ? JSON.stringify({ ok: isWell, ...report }) : describeReport(report))
  return isWell ? 0 : 1
}

async function examine(context: CommandContext): Promise<Finding[]> {
  if (!existsSync(context.dataDirectory)) {
    const words = `There is no data folder ${context.dataDirectory} yet; it is made at the first start.`
    return [{ check: 'folder', verdict: 'note', words }]
  }
  try {
    const findings: Finding[] = []
    await withStores(context, async (stores) => {
      findings.push(...(await runChecks(stores, context.nowMs())))
    })
    return findings
  } catch (error) {
    if (!(error instanceof GateError)) throw error
    return [{ check: refusedChecks[error.code] ?? 'folder', verdict: 'bad', words: error.message }]
  }
}

/** Which check a refusal to open the folder belongs to. */
const refusedChecks: Readonly<Record<string, string>> = {
  DATA_FOLDER_REFUSED: 'folder',
  DATABASE_REFUSED: 'database',
  SECRETS_UNAVAILABLE: 'secrets',
}
