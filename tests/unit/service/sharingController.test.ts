import { afterEach, describe, expect, it, vi } from 'vitest'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { NetworkAgreement } from '../../../service/networkAgreement.ts'
import { SharingController } from '../../../service/sharingController.ts'
import { noSurroundings } from '../../../service/sharingSurroundings.ts'
import type { Network } from '../../../proxy/contract/sharing.ts'
import type { LanAddress } from '../../../proxy/network/lanAddresses.ts'

const home: LanAddress = { address: '192.168.1.20', interface: 'eth0', virtual: false, medium: 'cable' }
const vpn: LanAddress = { address: '10.8.0.2', interface: 'tun0', virtual: true, medium: 'vpn' }

const ours: Network = { id: 'router:02:00:5e:10:00:01', name: 'Ours' }
const cafe: Network = { id: 'router:02:00:5e:10:00:02', name: 'Cafe' }

function setUp(
  options: { isOn?: boolean; chosen?: readonly string[]; agreed?: readonly Network[]; isForRun?: boolean } = {},
) {
  const taken = (port: number) =>
    new GateError('PORT_IN_USE', `Port ${port} is used by another program.`, { cause: world.refusalCause })
  const world = {
    isOn: options.isOn ?? false,
    port: 8190,
    chosen: options.chosen ?? ([] as readonly string[]),
    lan: [vpn, home] as readonly LanAddress[],
    foreign: [] as readonly string[],
    openPort: undefined as number | undefined,
    listening: [] as readonly string[],
    takenPorts: new Set<number>(),
    isSharedPortTaken: false,
    trouble: undefined as string | undefined,
    people: ['Mia'] as readonly string[],
    network: ours as Network | undefined,
    isBlind: false,
    agreed: options.agreed ?? [ours],
    paused: [] as string[],
    everListened: new Set<string>(),
    refusalCause: undefined as unknown,
    holder: null as string | null,
    tell: (_names: readonly string[]): void => undefined,
    /** As the API and the command line do it: nobody calls the switch. */
    write(values: { isOn?: boolean; port?: number; chosen?: readonly string[] }): void {
      Object.assign(world, values)
      const names = { isOn: 'sharing.on', port: 'sharing.port', chosen: 'sharing.addresses' }
      world.tell(Object.keys(values).map((key) => names[key as keyof typeof names]))
    },
  }
  const open = (port: number): Promise<number> => {
    if (world.takenPorts.has(port)) return Promise.reject(taken(port))
    world.openPort = port
    return Promise.resolve(port)
  }
  const sharing = new SharingController({
    logger: silentLogger,
    settings: {
      isOn: () => world.isOn,
      port: () => world.port,
      addresses: () => world.chosen,
      setOn: (on) => {
        world.write({ isOn: on })
        return Promise.resolve()
      },
      onChange: (listener) => {
        world.tell = listener
        return () => (world.tell = () => undefined)
      },
    },
    localBlock: () => null,
    listeners: {
      openPublic: open,
      movePublic: async (port) => {
        await open(port)
        world.listening = []
        return port
      },
      openSharing: (addresses) => {
        if (world.isSharedPortTaken) return Promise.reject(taken(world.port))
        world.listening = addresses
        for (const address of addresses) world.everListened.add(address)
        return Promise.resolve()
      },
      closeSharing: () => {
        world.listening = []
        return Promise.resolve()
      },
    },
    hostName: 'studio-pc',
    lanAddresses: () => world.lan,
    foreignAddresses: () => world.foreign,
    people: () => (world.isBlind ? Promise.reject(new Error('the database is closed')) : Promise.resolve(world.people)),
    engineTrouble: () => world.trouble,
    network: {
      get network() {
        return world.network
      },
      look: () => (world.isBlind ? Promise.reject(new Error('EMFILE: too many open files')) : Promise.resolve()),
    },
    agreement: new NetworkAgreement({
      list: () => world.agreed,
      add: (network) => {
        world.agreed = [...world.agreed, network]
        return Promise.resolve()
      },
      isForRun: options.isForRun ?? false,
    }),
    surroundings: noSurroundings,
    inspectPort: () => Promise.resolve({ holder: world.holder, free: 8192 }),
    onPause: ({ name }) => world.paused.push(name),
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
    world.takenPorts.add(8190)
    await sharing.start()
    expect(sharing.describe().problem).toContain('Port 8190 is used')
    await expect(sharing.set(true)).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    expect(world.isOn).toBe(false)
    expect(sharing.describe().on).toBe(false)
    world.takenPorts.clear()
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

  it('shares again on an address that came back after another one could not be shared', async () => {
    const { world, sharing } = setUp({ chosen: ['192.168.1.20'] })
    await sharing.start()
    await sharing.set(true)
    world.isSharedPortTaken = true
    world.chosen = ['192.168.1.77']
    world.listening = []
    await vi.waitFor(() => expect(sharing.describe().problem).toContain('Port 8190'))
    world.chosen = ['192.168.1.20']
    world.isSharedPortTaken = false
    await vi.waitFor(() => expect(world.listening).toEqual(['192.168.1.20']))
    expect(sharing.describe()).toMatchObject({ on: true, problem: null })
  })

  it('is open to nobody while where the computer is cannot be found out, and goes on once it can', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    world.isBlind = true
    await vi.waitFor(() => expect(world.listening).toEqual([]))
    expect(sharing.describe()).toMatchObject({ on: true, primaryUrl: null })
    expect(sharing.describe().problem).not.toBeNull()
    world.isBlind = false
    await vi.waitFor(() => expect(world.listening).toEqual(['10.8.0.2', '192.168.1.20']))
    expect(sharing.describe().problem).toBeNull()
  })

  it('keeps the names it knows while who can come in cannot be read', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    world.isBlind = true
    await sharing.refreshPeople()
    expect(sharing.describe().people).toEqual(['Mia'])
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

  it('does not say "no network" where there is one that is nobody’s home', async () => {
    const { world, sharing } = setUp()
    world.lan = []
    world.foreign = ['192.0.2.2', '2001:db8::2']
    await sharing.start()
    await sharing.set(true)
    const { problem, primaryUrl } = sharing.describe()
    expect(problem).toMatch(/in no home network \(its addresses are 192\.0\.2\.2 and 2001:db8::2\)/)
    expect(problem).not.toMatch(/in no network/)
    expect([primaryUrl, world.listening]).toEqual([null, []])
  })

  it('writes an IPv6 address as browsers want it', async () => {
    const { world, sharing } = setUp()
    world.lan = [{ address: 'fd00::2', interface: 'eth0', virtual: false, medium: 'cable' }]
    await sharing.start()
    await sharing.set(true)
    expect(sharing.describe().primaryUrl).toBe('http://[fd00::2]:8190/')
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

  it('says why a changed address cannot be listened on, and goes on by itself', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    world.isSharedPortTaken = true
    world.lan = [{ ...home, address: '192.168.1.77' }]
    await vi.waitFor(() => expect(sharing.describe()).toMatchObject({ on: true, addresses: [] }))
    expect(sharing.describe().problem).toContain('Port 8190 is used')
    world.isSharedPortTaken = false
    await vi.waitFor(() => expect(world.listening).toEqual(['192.168.1.77']))
    expect(sharing.describe().problem).toBeNull()
  })
})

describe('settings of sharing written by another door', () => {
  it('open and close the network', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    world.write({ isOn: true })
    await vi.waitFor(() => expect(sharing.describe().on).toBe(true))
    expect(world.listening).toContain('192.168.1.20')
    world.write({ isOn: false })
    await vi.waitFor(() => expect(world.listening).toEqual([]))
    expect(sharing.describe()).toMatchObject({ on: false, addresses: [], problem: null })
  })

  it('move everything to the new port', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    world.write({ port: 8300 })
    await vi.waitFor(() => expect(sharing.describe().primaryUrl).toBe('http://192.168.1.20:8300/'))
    expect(sharing.describe()).toMatchObject({ on: true, port: 8300, localUrl: 'http://127.0.0.1:8300/' })
    expect(world).toMatchObject({ openPort: 8300, listening: ['10.8.0.2', '192.168.1.20'] })
  })

  it('share on the addresses chosen now', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    world.write({ chosen: ['192.168.1.20'] })
    await vi.waitFor(() => expect(world.listening).toEqual(['192.168.1.20']))
  })

  it('leave everybody where they are when the new port is taken, and say so until another one is chosen', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    world.takenPorts.add(8300)
    world.write({ port: 8300 })
    await vi.waitFor(() => expect(sharing.describe().problem).toContain('Port 8300 is used'))
    expect(sharing.describe()).toMatchObject({ on: true, port: 8190 })
    expect(sharing.describe().problem).toContain('Until then port 8190 stays')
    expect(world).toMatchObject({ isOn: true, openPort: 8190, listening: ['10.8.0.2', '192.168.1.20'] })
    world.write({ port: 8190 })
    await vi.waitFor(() => expect(sharing.describe().problem).toBeNull())
  })

  it('close the network even when the port written with them is taken', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    world.takenPorts.add(8300)
    world.write({ isOn: false, port: 8300 })
    await vi.waitFor(() => expect(world.listening).toEqual([]))
    expect(sharing.describe().on).toBe(false)
  })

  it('leave sharing off, with the reason, when it cannot be switched on', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    world.isSharedPortTaken = true
    world.write({ isOn: true })
    await vi.waitFor(() => expect(sharing.describe().problem).toContain('Port 8190 is used'))
    expect(sharing.describe().on).toBe(false)
    expect(world.isOn).toBe(false)
  })

  it('end as they were written last, whichever doors wrote at once', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    const switched = sharing.set(true)
    world.write({ isOn: false })
    await switched
    await vi.waitFor(() => expect(sharing.describe().on).toBe(false))
    expect(world.listening).toEqual([])
  })

  it('are not followed after the end', async () => {
    const { world, sharing } = setUp()
    await sharing.start()
    await sharing.stop()
    world.write({ isOn: true })
    await sharing.set(true).catch(() => undefined)
    expect(world.listening).toEqual([])
  })
})

describe('sharing on another network', () => {
  it('rests there and asks, and goes on at home by itself', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    world.network = cafe
    await vi.waitFor(() => expect(world.listening).toEqual([]))
    expect(sharing.describe()).toMatchObject({ on: true, addresses: [], pause: { network: cafe, asks: true } })
    expect(sharing.describe().problem).toBeNull()
    expect(world.paused).toEqual(['Cafe'])
    world.network = ours
    await vi.waitFor(() => expect(world.listening).toContain('192.168.1.20'))
    expect(sharing.describe().pause).toBeNull()
  })

  it('does not open on a new address before it is known whose network it is', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    world.network = cafe
    world.lan = [{ ...home, address: '10.1.2.3' }]
    await vi.waitFor(() => expect(sharing.describe().pause).not.toBeNull())
    expect(world.everListened.has('10.1.2.3')).toBe(false)
  })

  it('means the network where it was switched on first', async () => {
    const { world, sharing } = setUp({ agreed: [] })
    await sharing.start()
    await sharing.set(true)
    expect(world.agreed).toEqual([ours])
    expect(world.listening).toContain('192.168.1.20')
  })

  it('asks where it was left on and nobody was ever asked', async () => {
    const { world, sharing } = setUp({ isOn: true, agreed: [] })
    await sharing.start()
    expect(world.listening).toEqual([])
    expect(sharing.describe().pause).toEqual({ network: ours, asks: true })
  })

  it('asks too when it is switched on there', async () => {
    const { world, sharing } = setUp()
    world.network = cafe
    await sharing.start()
    await sharing.set(true)
    expect(world.listening).toEqual([])
    expect(sharing.describe().pause).toEqual({ network: cafe, asks: true })
  })

  it('shares there once the owner said so', async () => {
    const { world, sharing } = setUp({ isOn: true })
    world.network = cafe
    await sharing.start()
    await sharing.answerNetwork(cafe.id, true)
    expect(world.listening).toContain('192.168.1.20')
    expect(world.agreed).toEqual([ours, cafe])
  })

  it('stops asking after "not here", and stays closed', async () => {
    const { world, sharing } = setUp({ isOn: true })
    world.network = cafe
    await sharing.start()
    await sharing.answerNetwork(cafe.id, false)
    expect(sharing.describe().pause).toEqual({ network: cafe, asks: false })
    expect(world.listening).toEqual([])
  })

  it('refuses an answer about a network that is gone by now', async () => {
    const { world, sharing } = setUp({ isOn: true })
    world.network = cafe
    await sharing.start()
    world.network = { id: 'router:02:00:5e:10:00:03', name: 'Station' }
    await expect(sharing.answerNetwork(cafe.id, true)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(world.agreed).toEqual([ours])
  })

  it('closes when the network is taken off the list', async () => {
    const { world, sharing } = setUp({ isOn: true })
    await sharing.start()
    world.agreed = []
    world.tell(['sharing.networks'])
    await vi.waitFor(() => expect(world.listening).toEqual([]))
    expect(sharing.describe().pause).toEqual({ network: ours, asks: true })
  })

  it('is agreed to by naming the address for a run', async () => {
    const { world, sharing } = setUp({ isOn: true, agreed: [], isForRun: true })
    world.network = cafe
    await sharing.start()
    expect(world.listening).toContain('192.168.1.20')
    expect(world.agreed).toEqual([])
  })

  it('asks nobody about addresses that never leave this computer', async () => {
    const { world, sharing } = setUp({ isOn: true, agreed: [], chosen: ['127.0.0.2'] })
    await sharing.start()
    expect(world.listening).toEqual(['127.0.0.2'])
  })
})

describe('a port that another program has', () => {
  const taken = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' })

  it('is named with its program and another port, and sharing stays off', async () => {
    const { world, sharing } = setUp()
    world.takenPorts.add(8190)
    world.holder = 'nginx'
    world.refusalCause = taken
    await sharing.start()
    await expect(sharing.set(true)).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    expect(sharing.describe()).toMatchObject({
      on: false,
      problem: 'Port 8190 is used by nginx.',
      portTaken: { port: 8190, holder: 'nginx', free: 8192 },
    })
    expect(world.isOn).toBe(false)
  })

  it('is tried again without switching sharing on by the way', async () => {
    const { world, sharing } = setUp()
    world.takenPorts.add(8190)
    world.refusalCause = taken
    await sharing.start()
    world.takenPorts.clear()
    await sharing.set(false)
    expect(sharing.describe()).toMatchObject({ on: false, problem: null, portTaken: null })
    expect(world.openPort).toBe(8190)
  })
})

describe('an address in no home network', () => {
  it('is shared on when it was named, and it is said that nobody can come in', async () => {
    const { world, sharing } = setUp({ chosen: ['198.51.100.7'], isForRun: true })
    await sharing.start()
    await sharing.set(true)
    expect(world.listening).toEqual(['198.51.100.7'])
    expect(sharing.describe().problem).toMatch(
      /^198\.51\.100\.7 is in no home network.*nobody of that network can come in/,
    )
  })
})
