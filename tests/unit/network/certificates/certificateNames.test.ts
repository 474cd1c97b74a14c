import { describe, expect, it } from 'vitest'
import {
  covers,
  findCertificateNames,
  findMissing,
  isNameable,
  splitByPermission,
} from '../../../../proxy/network/certificates/certificateNames.ts'
import { cards } from '../../../support/certificatesFixture.ts'

const sources = {
  hostName: 'Studio-PC',
  announcedName: 'gatehouse',
  hostNames: [],
  interfaces: cards('192.168.1.20', 'fd00::20', 'fe80::1'),
  chosenAddresses: [],
}

describe('names of a certificate', () => {
  it('are all under which this computer can be reached at home', () => {
    expect(findCertificateNames(sources)).toEqual({
      names: ['localhost', 'gatehouse.localhost', 'studio-pc', 'studio-pc.local', 'gatehouse.local'],
      addresses: ['127.0.0.1', '::1', '192.168.1.20'],
      left: [],
    })
  })

  it('hold what the owner added, and chosen addresses of the home', () => {
    const found = findCertificateNames({
      ...sources,
      hostNames: ['Gate.Example.org', 'studio'],
      chosenAddresses: ['10.1.2.3', '203.0.113.9'],
    })
    expect(found.names).toContain('gate.example.org')
    expect(found.addresses).toEqual(['127.0.0.1', '::1', '192.168.1.20', '10.1.2.3'])
    expect(found.left).toEqual(['studio', '203.0.113.9'])
  })

  it('leave out a name that nobody could ask for', () => {
    expect(findCertificateNames({ ...sources, hostName: 'MÜLLERS_PC', announcedName: '' }).names).toEqual([
      'localhost',
      'gatehouse.localhost',
    ])
  })

  it.each(['dev', 'com', 'zip', 'laptop', 'xn--p1ai', 'a..b', '1.2.3.4', '-a.local', `${'a'.repeat(64)}.local`, ''])(
    'attack: a computer called %j does not open a top-level domain to its authority',
    (name) => expect(isNameable(name)).toBe(false),
  )

  it.each(['bank.example', 'login.bank.example', 'pc2.co.uk', 'www.local.example'])(
    'attack: a network that calls this computer %j gets no certificate for it, nor an authority over it',
    (hostName) => {
      const { names } = findCertificateNames({ ...sources, hostName })
      expect(names.filter((name) => /\.(?:example|uk)$/.test(name))).toEqual([])
      expect(names).toContain(`${hostName.split('.')[0] ?? ''}.local`)
    },
  )

  it.each(['studio-pc.lan', 'studio-pc.home.arpa', 'studio-pc.internal'])(
    'hold %j, which is nobody’s domain',
    (hostName) => expect(findCertificateNames({ ...sources, hostName }).names).toContain(hostName),
  )

  it.each(['studio-pc', 'desktop-ab12cd3', 'pc2', 'laptop.local', 'gate.example.org', 'localhost'])(
    'may be %j',
    (name) => expect(isNameable(name)).toBe(true),
  )

  it('are permitted with everything below them, and nothing beside them', () => {
    const found = { names: ['studio-pc', 'a.studio-pc', 'notstudio-pc', 'example.org'], addresses: ['127.0.0.1'] }
    expect(splitByPermission(found, ['studio-pc'])).toEqual({
      allowed: { names: ['studio-pc', 'a.studio-pc'], addresses: ['127.0.0.1'] },
      refused: ['notstudio-pc', 'example.org'],
    })
  })

  it('are compared as what they mean', () => {
    expect(covers({ names: ['a-b'], addresses: ['fd00::1'] }, { names: [], addresses: ['fd00:0:0::1'] })).toBe(true)
    expect(covers({ names: ['a-b'], addresses: [] }, { names: ['a-c'], addresses: [] })).toBe(false)
  })

  it('that are missing are named; a star stands for one label', () => {
    const own = { names: ['*.example.org'], addresses: [] }
    const found = {
      names: ['localhost', 'gate.example.org', 'a.b.example.org'],
      addresses: ['::1', '10.0.0.1'],
      left: [],
    }
    expect(findMissing(own, found)).toEqual(['a.b.example.org', '10.0.0.1'])
  })
})
