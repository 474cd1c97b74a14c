import { describe, expect, it } from 'vitest'
import { countMemoryKills } from '../../../launcher/memoryKills.ts'

const reader =
  (files: Readonly<Record<string, string>>) =>
  (path: string): string =>
    files[path] ?? ''

const vmstat = 'pgfault 12\noom_kill 3\nunevictable 0\n'
const events = 'low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n'

describe('processes that the system ended for lack of memory', () => {
  it('are those of our own control group where it counts them', () => {
    const files = {
      '/proc/self/cgroup': '0::/user.slice/app-gatehouse.scope\n',
      '/sys/fs/cgroup/user.slice/app-gatehouse.scope/memory.events': events,
      '/proc/vmstat': vmstat,
    }
    expect(countMemoryKills('linux', reader(files))).toBe(1)
  })

  it.each([
    ['the group does not count', { '/proc/self/cgroup': '0::/\n', '/proc/vmstat': vmstat }],
    ['groups are of the first version', { '/proc/self/cgroup': '4:memory:/x\n', '/proc/vmstat': vmstat }],
  ])('are those of the whole computer where %s', (_case, files) => {
    expect(countMemoryKills('linux', reader(files))).toBe(3)
  })

  it('are unknown elsewhere, and where nothing can be read', () => {
    expect(countMemoryKills('linux', reader({}))).toBeUndefined()
    expect(countMemoryKills('darwin', reader({ '/proc/vmstat': vmstat }))).toBeUndefined()
  })
})
