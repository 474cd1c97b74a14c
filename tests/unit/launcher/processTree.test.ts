import { describe, expect, it } from 'vitest'
import { isSameProcess } from '../../../launcher/pidFile.ts'
import { listCommand, parseProcStat, parsePs, parseWindowsList } from '../../../launcher/processTable.ts'
import type { ProcessRow } from '../../../launcher/processTable.ts'
import { selectTree, taskkillCommand } from '../../../launcher/processTree.ts'

const root = { pid: 100, startTime: '50', marker: 'M' }
const ownPid = 9

function row(pid: number, parentPid: number, groupId: number | undefined = pid, startTime = '50'): ProcessRow {
  return { pid, parentPid, groupId, startTime, command: 'x' }
}

const pids = (rows: readonly ProcessRow[], marked: number[] = []): number[] =>
  selectTree(rows, root, new Set(marked), ownPid).map(({ pid }) => pid)

describe('which processes belong to a tree (POSIX)', () => {
  it('has the root, its group, its descendants and the marked ones with theirs', () => {
    const rows = [
      row(1, 0),
      row(9, 1),
      row(100, 9),
      row(101, 100, 100),
      row(102, 101),
      row(103, 1, 100),
      row(200, 1),
      row(201, 200),
      row(300, 1),
    ]
    expect(pids(rows, [200])).toEqual([100, 101, 102, 103, 200, 201])
  })

  it('never has this process or pid 1, also when they are marked', () => {
    expect(pids([row(1, 0), row(9, 1), row(100, 9)], [1, 9])).not.toContain(9)
    expect(pids([row(1, 0), row(9, 1)], [1])).not.toContain(1)
  })

  it("leaves a stranger alone that got the root's pid", () => {
    expect(pids([row(100, 1, 55, '99'), row(101, 100, 55)])).toEqual([])
  })

  it("finds the rest of the group after the root's end", () => {
    expect(pids([row(101, 1, 100), row(102, 101, 102)])).toEqual([101, 102])
  })
})

describe('which processes belong to a tree (Windows)', () => {
  const windowsRow = (pid: number, parentPid: number, startTime: string): ProcessRow => ({
    pid,
    parentPid,
    groupId: undefined,
    startTime,
    command: 'x',
  })

  it('has descendants that are younger than their parents', () => {
    expect(pids([windowsRow(100, 9, '50'), windowsRow(101, 100, '60'), windowsRow(102, 101, '70')])).toEqual([
      100, 101, 102,
    ])
  })

  it('leaves a process alone whose parent pid was given to us later', () => {
    expect(pids([windowsRow(100, 9, '50'), windowsRow(30, 100, '40')])).toEqual([100])
  })

  it('finds the children of a root that has ended (execv on Windows)', () => {
    expect(pids([windowsRow(101, 100, '60'), windowsRow(102, 101, '61'), windowsRow(30, 100, '40')])).toEqual([
      101, 102,
    ])
  })
})

describe('lists of processes', () => {
  it('come from ps on macOS, without zombies', () => {
    const output = [
      '    1     0     1 Ss   Mon Nov 23 08:00:01 2026     /sbin/launchd',
      '  412     1   412 S+   Mon Nov  3 18:29:52 2026     /a b/python main.py --port 21000',
      '  413   412   412 Z    Mon Nov  3 18:29:53 2026     (python)',
      'garbage',
    ].join('\n')
    expect(parsePs(output)).toEqual([
      { pid: 1, parentPid: 0, groupId: 1, startTime: 'Mon Nov 23 08:00:01 2026', command: '/sbin/launchd' },
      {
        pid: 412,
        parentPid: 1,
        groupId: 412,
        startTime: 'Mon Nov 3 18:29:52 2026',
        command: '/a b/python main.py --port 21000',
      },
    ])
  })

  it('come from PowerShell on Windows', () => {
    const output =
      '4|0|133772000000000000|\r\n512|4|133772000000000001|"C:\\p y\\python.exe" -s main.py | x\r\n\r\nnoise\r\n'
    expect(parseWindowsList(output)).toEqual([
      { pid: 4, parentPid: 0, groupId: undefined, startTime: '133772000000000000', command: '' },
      {
        pid: 512,
        parentPid: 4,
        groupId: undefined,
        startTime: '133772000000000001',
        command: '"C:\\p y\\python.exe" -s main.py | x',
      },
    ])
  })

  it('come from /proc on Linux, whatever the name of the program', () => {
    const tail = Array.from({ length: 30 }, (_, index) => index + 1).join(' ')
    expect(parseProcStat(`77 (a) b) (c) S 5 6 ${tail}`)).toEqual({ parentPid: 5, groupId: 6, startTicks: '17' })
    expect(parseProcStat(`77 (x) Z 5 6 ${tail}`)).toBeUndefined()
    expect(parseProcStat('')).toBeUndefined()
  })

  it('are asked for by absolute path, so that no PATH decides what runs', () => {
    expect(listCommand('linux', {})).toBeUndefined()
    expect(listCommand('darwin', {})?.file).toBe('/bin/ps')
    expect(listCommand('win32', { SystemRoot: 'D:\\Win' })?.file).toBe(
      'D:\\Win\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
    )
    expect(taskkillCommand(7, false)).toEqual({
      file: 'C:\\Windows\\System32\\taskkill.exe',
      args: ['/PID', '7', '/T'],
    })
    expect(taskkillCommand(7, true, 'D:\\Win').args).toEqual(['/PID', '7', '/T', '/F'])
  })
})

describe('the process on record', () => {
  const record = {
    version: 1,
    pid: 7,
    startTime: 't',
    port: 21_000,
    startId: 'a'.repeat(32),
    commandParts: ['main.py', '/y.yaml'],
  } as const
  const recorded = { ...record, commandParts: [...record.commandParts] }
  const living = { pid: 7, parentPid: 1, groupId: 7, startTime: 't', command: 'python main.py --x /y.yaml' }

  it.each([
    ['is the very one', living, true],
    ['is not one with another start time', { ...living, startTime: 'u' }, false],
    ['is not one with another command', { ...living, command: 'python main.py' }, false],
    ['is not another pid', { ...living, pid: 8 }, false],
  ])('%s', (_name, candidate, expected) => {
    expect(isSameProcess(recorded, candidate)).toBe(expected)
  })
})
