import { describe, expect, it } from 'vitest'
import { describeUsage } from '../../../cli/gatehouse.ts'

const commands = [
  'serve',
  'user',
  'role',
  'key',
  'ip',
  'lockout',
  'folder',
  'workflow',
  'settings',
  'audit',
  'import-sentinel',
  'doctor',
]

const linesOf = (text: string | undefined): string[] =>
  (text ?? '').split('\n').filter((line) => line.startsWith('  gatehouse '))

describe('--help', () => {
  it.each(commands)('of %s prints that command with what it is for, and no other', (name) => {
    const text = describeUsage(name)
    const lines = linesOf(text)
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.filter((line) => !line.startsWith(`  gatehouse ${name}`))).toEqual([])
    expect(text?.split('\n')[0]).toMatch(/^[A-Z].+\.$/)
    // The same lines as in the help of all.
    expect(linesOf(describeUsage())).toEqual(expect.arrayContaining(lines))
  })

  it('alone lists every command there is, and nothing else', () => {
    const named = linesOf(describeUsage()).map((line) => line.trim().split(' ')[1])
    expect([...new Set(named)]).toEqual(commands)
  })

  it.each(['nothing', 'toString', '__proto__'])('knows no command %s', (name) => {
    expect(describeUsage(name)).toBeUndefined()
  })
})
