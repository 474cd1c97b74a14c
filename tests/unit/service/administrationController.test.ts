import { describe, expect, it, vi } from 'vitest'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { AdministrationController } from '../../../service/administrationController.ts'

function open() {
  const world = {
    isOn: false,
    port: 8191,
    certificate: {} as object | undefined,
    shared: ['192.168.1.20'] as readonly string[],
    listening: [] as readonly string[],
    isTaken: false,
    ended: 0,
    tell: new Set<() => void>(),
    change(
      values: Partial<{ isOn: boolean; port: number; certificate: object | undefined; shared: readonly string[] }>,
    ) {
      Object.assign(world, values)
      for (const listener of world.tell) listener()
    },
  }
  const onChange = (listener: () => void): (() => void) => {
    world.tell.add(listener)
    return () => world.tell.delete(listener)
  }
  const administration = new AdministrationController({
    logger: silentLogger,
    settings: { isOn: () => world.isOn, port: () => world.port, onChange },
    tls: { context: () => world.certificate, onChange },
    sharing: { addresses: () => world.shared, onChange },
    listeners: {
      open: (addresses, port) => {
        if (world.isTaken) return Promise.reject(new GateError('PORT_IN_USE', 'Port 8191 is already taken.'))
        world.listening = addresses.map((address) => `${address}:${port}`)
        return Promise.resolve()
      },
      close: () => {
        world.listening = []
        return Promise.resolve()
      },
    },
    endSessions: () => {
      world.ended += 1
      return Promise.resolve()
    },
  })
  return { world, administration }
}

describe('managing from other devices', () => {
  it('listens where people are let in and on this computer, while it is on and there is a certificate', async () => {
    const { world, administration } = open()
    await administration.start()
    expect([world.listening, administration.describe()]).toEqual([
      [],
      { on: false, port: 8191, urls: [], problem: null },
    ])
    world.change({ isOn: true })
    await vi.waitFor(() => expect(world.listening).toEqual(['192.168.1.20:8191', '127.0.0.1:8191']))
    expect(administration.describe()).toEqual({
      on: true,
      port: 8191,
      urls: ['https://192.168.1.20:8191/', 'https://127.0.0.1:8191/'],
      problem: null,
    })
    world.change({ certificate: undefined })
    await vi.waitFor(() => expect(world.listening).toEqual([]))
    expect(administration.describe().problem).toContain('no certificate')
    world.change({ certificate: {} })
    await vi.waitFor(() => expect(world.listening).toHaveLength(2))
  })

  it('ends everybody’s sign-ins there when it is switched off, and those of an earlier run', async () => {
    const { world, administration } = open()
    await administration.start()
    expect(world.ended).toBe(1)
    world.change({ isOn: true })
    await vi.waitFor(() => expect(world.listening).toHaveLength(2))
    world.change({ isOn: false })
    await vi.waitFor(() => expect([world.listening, world.ended]).toEqual([[], 2]))
  })

  it('follows changed addresses and another port, and says when only this computer reaches it', async () => {
    const { world, administration } = open()
    world.isOn = true
    await administration.start()
    world.change({ shared: ['fd00::2'] })
    await vi.waitFor(() => expect(administration.describe().urls).toContain('https://[fd00::2]:8191/'))
    world.change({ shared: [], port: 8291 })
    await vi.waitFor(() => expect(world.listening).toEqual(['127.0.0.1:8291']))
    expect(administration.describe().problem).toContain('only this computer')
    expect(world.ended).toBe(0)
  })

  it('says in words that its port is taken, and tries again with the next change', async () => {
    const { world, administration } = open()
    world.isTaken = true
    world.isOn = true
    await administration.start()
    expect(administration.describe()).toMatchObject({ urls: [], problem: 'Port 8191 is already taken.' })
    world.isTaken = false
    world.change({ port: 8291 })
    await vi.waitFor(() => expect(administration.describe()).toMatchObject({ problem: null }))
  })

  it('closes with the program, whatever the settings say', async () => {
    const { world, administration } = open()
    world.isOn = true
    await administration.start()
    await administration.stop()
    expect(world.listening).toEqual([])
  })
})
