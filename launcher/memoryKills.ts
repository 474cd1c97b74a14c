import fs from 'node:fs'

const maxFileLength = 64 * 1024

/**
 * How many processes the system has ended so far for lack of memory: in our control group, which the engine inherits,
 * or on the whole computer where groups do not count. Undefined where nobody says: elsewhere than on Linux.
 */
export function countMemoryKills(
  platform: NodeJS.Platform,
  read: (path: string) => string = readText,
): number | undefined {
  if (platform !== 'linux') return undefined
  // memory.events: "oom_kill <count>" (kernel's cgroup-v2.rst).
  const file = ownGroupFile('memory.events', read)
  const ofGroup = file === undefined ? undefined : readCount(read(file))
  return ofGroup ?? readCount(read('/proc/vmstat'))
}

/** A file of our control group on Linux; undefined without groups of version 2. */
export function ownGroupFile(name: string, read: (path: string) => string): string | undefined {
  // cgroups(7): the line of version 2 is "0::/path".
  const group = /^0::(\/.*)$/m.exec(read('/proc/self/cgroup'))?.[1]
  return group === undefined ? undefined : `/sys/fs/cgroup${group}/${name}`
}

function readCount(text: string): number | undefined {
  const digits = /^oom_kill (\d+)$/m.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function readText(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8').slice(0, maxFileLength)
  } catch {
    return '' // Not on this system, or not for us to read: it says nothing.
  }
}
