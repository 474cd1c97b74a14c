import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { closeAll, closeAtEnd, endChild, startOver } from '../../support/closeAtEnd.ts'

afterEach(startOver)

describe('what a test file has opened', () => {
  it('is closed when the file is over, all of it and once', async () => {
    const closed: string[] = []
    const note = (name: string) => () => Promise.resolve(void closed.push(name))
    await closeAtEnd(note('by the test'))()
    closeAtEnd(() => Promise.reject(new Error('broken')))
    closeAtEnd(note('left open'))
    await expect(closeAll()).rejects.toThrow('broken')
    expect(closed).toEqual(['by the test', 'left open'])
    await closeAll()
    expect(closed).toHaveLength(2)
  })

  it('is closed at once when it comes from a hook that timed out', async () => {
    await closeAll()
    const closed: string[] = []
    closeAtEnd(() => Promise.resolve(void closed.push('late')))
    expect(closed).toEqual(['late'])
  })

  it('is ended when it is a process', async () => {
    const child = spawn(process.execPath, ['-e', 'console.log(1); process.stdin.resume()'])
    await once(child.stdout, 'data')
    await endChild(child)
    expect(child.signalCode).toBe('SIGTERM')
    await endChild(child)
  })
})
