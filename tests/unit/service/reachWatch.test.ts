import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FirstDevices } from '../../../proxy/network/firstDevices.ts'
import { ReachWatch } from '../../../service/reachWatch.ts'
import type { ReachedPlace } from '../../../service/reachWatch.ts'
import type { SharedPlace } from '../../../service/sharingSurroundings.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-23T09:30:00.000Z') }))
afterEach(() => void vi.useRealTimers())

const nowhere: SharedPlace = { addresses: [], port: 8190, network: undefined }
const at = (address: string, network = 'router:1', port = 8190): SharedPlace => ({
  addresses: [
    { address: '10.8.0.2', interface: 'tun0', virtual: true, medium: 'vpn' },
    { address, interface: 'eth0', virtual: false, medium: 'cable' },
  ],
  port,
  network: { id: network, name: 'Ours' },
})

function setUp(known: Readonly<Record<string, ReachedPlace>> = {}) {
  const memory = new Map(Object.entries(known))
  const clock = { nowMs: () => Date.now() }
  const devices = new FirstDevices(clock, (address) => address.startsWith('192.168.1.20'))
  const watch = new ReachWatch({
    clock,
    devices,
    memory: { find: (id) => memory.get(id), keep: (id, place) => void memory.set(id, place) },
  })
  let told = 0
  watch.onChange(() => (told += 1))
  return { memory, devices, watch, reach: () => watch.describe().reach.kind, told: () => told }
}

describe('whether another device gets through', () => {
  it('is not asked while sharing listens nowhere, or on this computer alone', () => {
    const { watch, reach } = setUp()
    watch.follow(nowhere)
    expect(reach()).toBe('off')
    watch.follow({
      ...nowhere,
      addresses: [{ address: '127.0.0.2', interface: 'lo', virtual: false, medium: 'other' }],
    })
    expect(reach()).toBe('off')
  })

  it('is waited for, and told as late after a minute', () => {
    const { watch, reach, told } = setUp()
    watch.follow(at('192.168.1.20'))
    expect(reach()).toBe('waiting')
    vi.advanceTimersByTime(59_999)
    expect(reach()).toBe('waiting')
    const before = told()
    vi.advanceTimersByTime(1)
    expect(reach()).toBe('late')
    expect(told()).toBe(before + 1)
  })

  it('is shown by a device that comes, also late', () => {
    const { watch, devices, reach } = setUp()
    watch.follow(at('192.168.1.20'))
    vi.advanceTimersByTime(90_000)
    devices.connected('192.168.1.40')
    expect(watch.describe().reach).toEqual({ kind: 'through', at: '2026-11-23T09:31:30.000Z', address: '192.168.1.40' })
    watch.follow(at('192.168.1.20'))
    expect(reach()).toBe('through')
  })

  it('is never shown by this computer, which reaches itself through no firewall', () => {
    const { watch, devices, reach } = setUp()
    watch.follow(at('192.168.1.20'))
    devices.connected('192.168.1.20')
    expect(reach()).toBe('waiting')
  })

  it('is shown by a device that was here today before sharing moved', () => {
    const { watch, devices, reach } = setUp()
    watch.follow(at('192.168.1.20'))
    devices.connected('192.168.1.40')
    watch.follow(at('192.168.1.21'))
    expect(reach()).toBe('waiting')
    devices.connected('192.168.1.40')
    expect(reach()).toBe('through')
  })

  it('is remembered for the network and the address', () => {
    const { watch, reach } = setUp({ 'router:1': { link: '192.168.1.20:8190', atMs: 5, address: '192.168.1.40' } })
    watch.follow(at('192.168.1.20'))
    expect(reach()).toBe('through')
    watch.follow(at('192.168.1.20', 'router:2'))
    expect(reach()).toBe('waiting')
  })
})

describe('the address that people have', () => {
  const known = { 'router:1': { link: '192.168.1.20:8190', atMs: 5, address: '192.168.1.40' } }

  it('is named when it is another one now, until everybody has the new one', () => {
    const { watch, devices, memory } = setUp(known)
    watch.follow(at('192.168.1.33'))
    expect(watch.describe().addressBefore).toBe('192.168.1.20:8190')
    devices.connected('192.168.1.40')
    expect(watch.describe().addressBefore).toBe('192.168.1.20:8190')
    watch.accept()
    expect(watch.describe().addressBefore).toBeNull()
    expect(memory.get('router:1')?.link).toBe('192.168.1.33:8190')
  })

  it('is another one with another port', () => {
    const { watch } = setUp(known)
    watch.follow(at('192.168.1.20', 'router:1', 8192))
    expect(watch.describe().addressBefore).toBe('192.168.1.20:8190')
  })

  it('is nobody’s before anybody got through', () => {
    const { watch, memory } = setUp()
    watch.follow(at('192.168.1.20'))
    watch.follow(at('192.168.1.33'))
    expect(watch.describe().addressBefore).toBeNull()
    expect(memory.size).toBe(0)
  })
})
