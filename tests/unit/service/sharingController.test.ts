import { afterEach, describe, expect, it, vi } from 'vitest'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { SharingController } from '../../../service/sharingController.ts'
import type { LanAddress } from '../../../service/sharingController.ts'

const home: LanAddress = { address: '192.168.1.20', interface: 'eth0', virtual: false }
const vpn: LanAddress = { address: '10.8.0.2', interface: 'tun0', virtual: true }

function setUp(options: { isOn?: boolean; chosen?: readonly string[] } = {}) {
  const world = {
    isOn: options.isOn ?? false,
    lan: [vpn, home] as readonly LanAddress[],
    listening: [] as readonly string[],
    isPortTaken: false,
    isSharedPortTaken: false,
    trouble: undefined as string | undefined,
    people: ['Mia'] as readonly string[],
  }
  const sharing = new SharingController({
    logger: silentLogger,
    settings: {
      isOn: () => world.isOn,
      port: () => 8190,
      addresses: () => options.chosen ?? [],
      setOn: (on) => {
        world.isOn = on
        return Promise.resolve()
      },
    },
    listeners: {
      openPublic: (port) =>
        world.isPortTaken
          ? Promise.reject(new GateError('PORT_IN_USE', `Port ${port} is used by another program.`))
          : Promise.resolve(port),
      openSharing: (addresses) => {
        if (world.isSharedPortTaken)
          return Promise.reject(new GateError('PORT_IN_USE', 'Port 8190 is used by another program.'))
        world.listening = addresses
        return Promise.resolve()
      },
      closeSharing: () => {
        world.listening = []
        return Promise.resolve()
      },
    },
    lanAddresses: () => world.lan,
    people: () => Promise.resolve(world.people),
    engineTrouble: () => world.trouble,
    pollMs: 5,
  })
  opened.push(sharing)
  return { world, sharing }
}

const opened: SharingController[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((sharing) => sharing.stop()))
})

describe('sharing', () => {
  it('listens on no address of the network while it is off', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    expect(world.listening).toEqual([])
    expect(sharing.describe()).toMatchObject({
      on: false,
      primaryUrl: null,
      localUrl: 'http://127.0.0.1:8190/',
      people: ['Mia'],
    })
  })

  it('listens on every address when switched on, and shows a real network first', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    await sharing.set(true)
    expect(world.listening).toEqual(['10.8.0.2', '192.168.1.20'])
    expect(sharing.describe()).toMatchObject({ on: true, primaryUrl: 'http://192.168.1.20:8190/', problem: null })
    expect(world.isOn).toBe(true)
  })

  it('goes on after a restart when it was left on', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    expect(world.listening).toContain('192.168.1.20')
  })

  it('shares only on the addresses that the owner chose', async () => {
    const { world, sharing } = setUp({ chosen: ['192.168.1.20'] })
    await sharing.start()
    await sharing.set(true)
    expect(world.listening).toEqual(['192.168.1.20'])
  })

  it('closes the network when switched off', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    await sharing.set(false)
    expect(world.listening).toEqual([])
    expect(sharing.describe().on).toBe(false)
  })

  it('never moves to another port: a taken one keeps sharing off and says so', async () => {
    const { world, sharing } = setUp()
    world.isPortTaken = true
    await sharing.start()
    expect(sharing.describe().problem).toContain('Port 8190 is used')
    await expect(sharing.set(true)).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    expect(world.isOn).toBe(false)
    expect(sharing.describe().on).toBe(false)
    world.isPortTaken = false
    await sharing.set(true)
    expect(sharing.describe()).toMatchObject({ on: true, problem: null })
  })

  it('stays off when only the shared listener fails', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    world.isSharedPortTaken = true
    await expect(sharing.set(true)).rejects.toThrow('Port 8190')
    expect(sharing.describe().on).toBe(false)
    expect(world.isOn).toBe(false)
  })

  it('follows an address that changed', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    await sharing.set(true)
    world.lan = [{ ...home, address: '192.168.1.77' }]
    await vi.waitFor(() => expect(world.listening).toEqual(['192.168.1.77']))
    expect(sharing.describe().primaryUrl).toBe('http://192.168.1.77:8190/')
  })

  it('says when the computer is in no network, and goes on once it is', async () => {
    const { world, sharing } = setUp()
    world.lan = []
    await sharing.start()
    await sharing.set(true)
    expect(sharing.describe().problem).toContain('in no network')
    world.lan = [home]
    await vi.waitFor(() => expect(world.listening).toEqual(['192.168.1.20']))
    expect(sharing.describe().problem).toBeNull()
  })

  it('lets nobody else in while the companion cannot guard the engine', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    await sharing.set(true)
    world.trouble = 'This version cannot be guarded.'
    sharing.look()
    await vi.waitFor(() => expect(world.listening).toEqual([]))
    expect(sharing.describe()).toMatchObject({ on: true, problem: 'This version cannot be guarded.', addresses: [] })
    world.trouble = undefined
    sharing.look()
    await vi.waitFor(() => expect(world.listening).toContain('192.168.1.20'))
  })

  it('tells who can come in as soon as somebody is added', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    world.people = ['Leo', 'Mia']
    await sharing.refreshPeople()
    expect(sharing.describe().people).toEqual(['Leo', 'Mia'])
  })
})
