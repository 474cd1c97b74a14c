import { execFile } from 'node:child_process'
import path from 'node:path'
import type { Clock } from '../proxy/core/clock.ts'
import { findMarkedProcesses, listProcesses } from './processTable.ts'
import type { ProcessRow } from './processTable.ts'
import { wait } from './wait.ts'

/** The root of a tree that we started. */
export interface TreeRoot {
  pid: number
  /** Absent where it could not be read. */
  startTime: string | undefined
  /** `GATEHOUSE_ENGINE_START=…` of that start: every process of the tree inherits it. */
  marker: string
}

export interface TreeRules {
  /** From the gentle signal to the hard one. */
  graceMs: number
  /** What is left of the grace for the rest once the root itself is gone. */
  stragglerGraceMs: number
  /** From the hard signal to giving up. */
  killDeadlineMs: number
  pollMs: number
}

export const defaultTreeRules: TreeRules = {
  graceMs: 10_000,
  stragglerGraceMs: 2_000,
  killDeadlineMs: 10_000,
  pollMs: 100,
}

/** For what does not react any more: nobody is asked. */
export const killAtOnce = (rules: TreeRules = defaultTreeRules): TreeRules => ({ ...rules, graceMs: 0 })

/** Processes that neither asking nor killing ended. */
export class ProcessTreeAlive extends Error {
  readonly pids: readonly number[]
  constructor(pids: readonly number[]) {
    super(`these processes do not end: ${pids.join(', ')}`)
    this.name = 'ProcessTreeAlive'
    this.pids = pids
  }
}

/** Windows: how to end a tree. `/F` is the hard way; without it a console program may answer that it cannot be asked. */
export function taskkillCommand(
  pid: number,
  isHard: boolean,
  systemRoot = 'C:\\Windows',
): { file: string; args: string[] } {
  const args = ['/PID', String(pid), '/T']
  return { file: path.win32.join(systemRoot, 'System32', 'taskkill.exe'), args: isHard ? [...args, '/F'] : args }
}

/**
 * Which processes belong to the tree: the root, its group, whoever carries the marker, and all their descendants.
 * Never this process and never pid 1, whatever the table says.
 */
export function selectTree(
  rows: readonly ProcessRow[],
  root: TreeRoot,
  marked: ReadonlySet<number>,
  ownPid: number,
): ProcessRow[] {
  const byPid = new Map(rows.map((row) => [row.pid, row]))
  const isRoot = (row: ProcessRow): boolean =>
    row.pid === root.pid && (root.startTime === undefined || row.startTime === root.startTime)
  const isSeed = (row: ProcessRow): boolean => isRoot(row) || row.groupId === root.pid || marked.has(row.pid)
  const members = new Set(rows.filter(isSeed).map((row) => row.pid))

  const isChild = (row: ProcessRow): boolean => {
    const parent = byPid.get(row.parentPid)
    if (row.groupId !== undefined || parent === undefined) return members.has(row.parentPid) || isLateChild(row, root)
    // Windows keeps the pid of a dead parent, and gives it to others: a child cannot be older than its parent.
    return members.has(row.parentPid) && BigInt(row.startTime) >= BigInt(parent.startTime)
  }
  for (let size = -1; size !== members.size;) {
    size = members.size
    for (const row of rows) if (isChild(row)) members.add(row.pid)
  }
  return rows.filter((row) => members.has(row.pid) && row.pid !== ownPid && row.pid > 1)
}

/** Windows: a child whose parent, our root, has ended already. */
function isLateChild(row: ProcessRow, root: TreeRoot): boolean {
  if (row.groupId !== undefined || row.parentPid !== root.pid || root.startTime === undefined) return false
  return BigInt(row.startTime) >= BigInt(root.startTime)
}

/**
 * Ends the whole tree, gently and then for good, also what left the group. Resolves when all are gone.
 * @throws ProcessTreeAlive, or Error when the processes cannot be listed (then the group was killed unseen)
 */
export async function endTree(
  root: TreeRoot,
  deps: { clock: Clock; platform: NodeJS.Platform; rules?: TreeRules },
): Promise<void> {
  const { clock, platform, rules = defaultTreeRules } = deps
  const findMembers = async (): Promise<ProcessRow[]> =>
    selectTree(await listProcesses(platform), root, findMarkedProcesses(platform, root.marker), process.pid)

  let members: ProcessRow[]
  try {
    members = await findMembers()
  } catch (error) {
    await endWithoutList(platform, root)
    throw error
  }
  if (members.length === 0) return
  const facts: Ending = { root, members, findMembers, platform, clock, rules }
  await endHard({ ...facts, members: rules.graceMs > 0 ? await endGently(facts) : members })
}

interface Ending {
  readonly root: TreeRoot
  readonly members: readonly ProcessRow[]
  readonly findMembers: () => Promise<ProcessRow[]>
  readonly platform: NodeJS.Platform
  readonly clock: Clock
  readonly rules: TreeRules
}

/** @returns who is left when the grace is over */
async function endGently({ root, members, findMembers, platform, clock, rules }: Ending): Promise<ProcessRow[]> {
  await askToEnd(platform, root, members)
  const startedAtMs = clock.nowMs()
  let rootGoneAtMs: number | undefined
  for (;;) {
    const left = await findMembers()
    const nowMs = clock.nowMs()
    if (!left.some((row) => row.pid === root.pid)) rootGoneAtMs ??= nowMs
    const isLate = rootGoneAtMs !== undefined && nowMs - rootGoneAtMs >= rules.stragglerGraceMs
    if (left.length === 0 || isLate || nowMs - startedAtMs >= rules.graceMs) return left
    await wait(rules.pollMs)
  }
}

/** @throws ProcessTreeAlive */
async function endHard({ members, findMembers, platform, clock, rules }: Ending): Promise<void> {
  const sinceMs = clock.nowMs()
  for (let left = members; left.length > 0;) {
    await killAll(platform, left)
    await wait(rules.pollMs)
    left = await findMembers()
    if (left.length > 0 && clock.nowMs() - sinceMs >= rules.killDeadlineMs) {
      throw new ProcessTreeAlive(left.map((row) => row.pid))
    }
  }
}

/** Nobody can list the processes (a policy forbids PowerShell, say): then what the system itself calls the tree goes. */
async function endWithoutList(platform: NodeJS.Platform, root: TreeRoot): Promise<void> {
  if (root.pid <= 1) return
  if (platform === 'win32') await taskkill(root.pid, true)
  else send(-root.pid, 'SIGKILL')
}

async function askToEnd(platform: NodeJS.Platform, root: TreeRoot, members: readonly ProcessRow[]): Promise<void> {
  if (platform === 'win32') {
    await taskkill(root.pid, false)
    return
  }
  if (members.some((row) => row.groupId === root.pid)) send(-root.pid, 'SIGINT')
  for (const row of members) if (row.groupId !== root.pid) send(row.pid, 'SIGTERM')
}

async function killAll(platform: NodeJS.Platform, members: readonly ProcessRow[]): Promise<void> {
  for (const row of members) {
    if (platform === 'win32') await taskkill(row.pid, true)
    else send(row.pid, 'SIGKILL')
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone between the listing and the signal; the next listing decides.
  }
}

function taskkill(pid: number, isHard: boolean): Promise<void> {
  const { file, args } = taskkillCommand(pid, isHard, process.env['SystemRoot'])
  // Its exit code says nothing that the next listing does not say better.
  return new Promise((resolve) => execFile(file, args, { windowsHide: true, timeout: 10_000 }, () => resolve()))
}
