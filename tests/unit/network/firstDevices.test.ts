import { describe, expect, it } from 'vitest'
import { FirstDevices } from '../../../proxy/network/firstDevices.ts'

const DAY_MS = 86_400_000

function setUp() {
  const clock = { at: 10 * DAY_MS, nowMs: () => clock.at }
  const devices = new FirstDevices(clock, (address) => address === '192.168.1.20')
  const told: string[] = []
  devices.onFirst((address) => told.push(address))
  return { clock, devices, told }
}

describe('devices that connect', () => {
  it('are told of once a day', () => {
    const { clock, devices, told } = setUp()
    devices.connected('192.168.1.40')
    devices.connected('192.168.1.40')
    clock.at += DAY_MS
    devices.connected('192.168.1.40')
    expect(told).toEqual(['192.168.1.40', '192.168.1.40'])
  })

  it('never count when they are this computer itself, which crosses no firewall', () => {
    const { devices, told } = setUp()
    devices.connected('192.168.1.20')
    expect(told).toEqual([])
  })

  it('count as new again after a new beginning', () => {
    const { devices, told } = setUp()
    devices.connected('192.168.1.40')
    devices.startOver()
    devices.connected('192.168.1.40')
    expect(told).toHaveLength(2)
  })

  it('fill no memory in a flood from made-up addresses', () => {
    const { devices, told } = setUp()
    for (let number = 0; number < 2500; number += 1) devices.connected(`10.0.${number >> 8}.${number & 255}`)
    devices.connected('10.0.0.1')
    expect(told).toHaveLength(2501)
  })
})
