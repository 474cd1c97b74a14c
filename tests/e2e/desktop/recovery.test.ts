import { describe, expect } from 'vitest'
import { desktopTest } from '../../support/desktopApp.ts'
import { isAlive, listProcesses, processTree, readEnvironmentVariable } from '../../support/desktopProcesses.ts'
import { startPracticeEngine, waitUntilRunning } from '../../support/desktopSteps.ts'

/** The engine's own process: the one that was given the secret of this start. */
function findEngine(appPid: number): number {
  const engine = processTree(appPid).find(({ pid }) => readEnvironmentVariable(pid, 'GATEHOUSE_SECRET') !== undefined)
  if (engine === undefined) throw new Error('no engine runs')
  return engine.pid
}

describe('recovery', () => {
  desktopTest('starts a killed engine again by itself and says so', async ({ start }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })
    const before = findEngine(app.pid)
    const killedAtMs = Date.now()

    process.kill(before, 'SIGKILL')

    const comfyui = app.page.getByRole('region', { name: 'ComfyUI' })
    await comfyui.getByText(/^Starting (again|\d)/).waitFor()
    await waitUntilRunning(app.page)
    expect(Date.now() - killedAtMs).toBeLessThan(20_000)
    const after = findEngine(app.pid)
    expect(after).not.toBe(before)
    expect(isAlive(before)).toBe(false)
  })

  desktopTest('leaves no orphan after the app itself was killed', async ({ start, home }) => {
    const first = await start()
    await startPracticeEngine(first.page, { withComfyuisPage: false })
    const orphan = findEngine(first.pid)
    await first.killHard()

    const second = await start()
    await waitUntilRunning(second.page)

    expect(isAlive(orphan)).toBe(false)
    expect(findEngine(second.pid)).not.toBe(orphan)
    await second.stop()
    expect(listProcesses().filter(({ commandLine }) => commandLine.includes(home.dataDirectory))).toEqual([])
  })
})
