import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Settings } from '../../proxy/contract/settings.ts'
import { ChangeFeed } from '../../proxy/database/changeFeed.ts'
import { AddressRules } from '../../proxy/network/addressRules.ts'
import { parseNetwork } from '../../proxy/network/ipNetwork.ts'
import { RuleSet } from '../../proxy/network/ipRules.ts'
import { answerWelcome } from '../../proxy/portal/welcome/welcome.ts'
import type { TrustSource } from '../../proxy/portal/welcome/trustSource.ts'
import { FakeCertificates } from '../support/fakeCertificates.ts'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { TabClient } from '../support/tabClient.ts'

interface Seen {
  readonly address: string
  readonly secure: boolean
  readonly host: string | undefined
}

const open: GateFixture[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((fixture) => fixture.close()))
})

interface Given {
  readonly rules?: readonly string[]
  readonly trustedProxies?: readonly string[]
  readonly outsideHome?: boolean
  /** The pages of a new device are answered from this. */
  readonly trust?: TrustSource
}

const toRules = (sayings: readonly string[]) =>
  new RuleSet(
    sayings.map((text) => {
      const [kind, cidr = ''] = text.split(' ')
      return { kind: kind === 'allow' ? 'allow' : 'deny', network: parseNetwork(cidr), expiresAtMs: null }
    }),
    0,
  )

/** A gate whose peers are 127.x.y.z, and what its own application is told of who asks. */
async function openGate({ rules = [], trustedProxies = [], outsideHome = false, trust }: Given) {
  const changes = new ChangeFeed()
  const values: Pick<Settings, 'sharing.outsideHome' | 'sharing.trustedProxies'> = {
    'sharing.outsideHome': outsideHome,
    'sharing.trustedProxies': [...trustedProxies],
  }
  let current = toRules(rules)
  const addressRules = new AddressRules({
    rules: { current: () => current },
    settings: { get: (name) => values[name], onChange: () => () => undefined },
    changes,
    home: { has: (address) => /^(?:127|192\.168|10)\./.test(address) },
  })
  const seen: Seen[] = []
  const fixture = await openGateFixture({
    peerRules: addressRules,
    adapt: (parts) => ({ ...parts, clientRules: addressRules }),
    ownApplication: (incoming, outgoing, context) => {
      const { clientAddress: address, secure, host } = context
      seen.push({ address, secure, host })
      const welcome = trust && answerWelcome({ incoming, outgoing, context }, trust)
      if (welcome !== undefined) welcome()
      else outgoing.writeHead(200).end('{}')
    },
  })
  open.push(fixture)
  const setRules = (sayings: readonly string[]) => {
    current = toRules(sayings)
    changes.emit('ipRules')
  }
  return { fixture, seen, setRules }
}

const proxy = '127.0.0.5'
const health = '/gatehouse/healthz'
const saysFor = (chain: string) => ({ 'x-forwarded-for': chain, 'x-real-ip': chain, forwarded: `for=${chain}` })

describe('somebody who forges X-Forwarded-For', () => {
  it('is known by their own address, whichever they name (rotating X-Forwarded-For, S-2)', async () => {
    const { fixture, seen } = await openGate({ trustedProxies: [proxy] })

    for (let turn = 1; turn <= 12; turn += 1) {
      const answer = await ask(fixture.port, health, { headers: saysFor(`192.168.1.${turn}`), from: '127.0.0.66' })
      expect(answer.status).toBe(200)
    }

    expect(seen.map(({ address }) => address)).toEqual(new Array<string>(12).fill('127.0.0.66'))
  })

  it('gets through no rule by it: neither as somebody allowed nor past their own denial', async () => {
    const { fixture, seen } = await openGate({ rules: ['allow 192.168.1.40'], trustedProxies: [proxy] })
    await expect(ask(fixture.port, health, { headers: saysFor('192.168.1.40'), from: '127.0.0.66' })).rejects.toThrow()
    expect(seen).toEqual([])
  })

  it('is believed nothing on loopback either, which is no proxy by itself (a tunnel ends there)', async () => {
    const { fixture, seen } = await openGate({})
    const headers = { ...saysFor('192.168.1.40'), 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' }

    expect((await ask(fixture.port, health, { headers })).status).toBe(200)

    expect(seen).toEqual([{ address: '127.0.0.1', secure: false, host: `127.0.0.1:${fixture.port}` }])
  })

  it('behind a trusted proxy is whom the proxy saw, not whom they name', async () => {
    const { fixture, seen } = await openGate({ trustedProxies: [proxy] })

    const headers = { 'x-forwarded-for': '192.168.1.40, 192.168.1.66' }
    await ask(fixture.port, health, { headers, from: proxy })

    expect(seen).toMatchObject([{ address: '192.168.1.66' }])
  })

  it('reaches ComfyUI with none of it', async () => {
    const { fixture } = await openGate({ trustedProxies: [proxy] })
    const headers = { ...bearer(tokens.creator), ...saysFor('192.168.1.40'), 'x-forwarded-proto': 'https' }

    await ask(fixture.port, '/queue', { headers, from: proxy })

    const names = fixture.upstream.seen.flatMap((request) => Object.keys(request.headers))
    expect(names.filter((name) => /forwarded|real-ip/.test(name))).toEqual([])
  })
})

describe('rules for whoever comes through a trusted proxy', () => {
  it('decide about the client, while the proxy itself may connect', async () => {
    const { fixture, seen } = await openGate({ rules: ['allow 192.168.1.0/24'], trustedProxies: [proxy] })

    const letIn = await ask(fixture.port, health, { headers: saysFor('192.168.1.40'), from: proxy })
    const kept = await ask(fixture.port, health, { headers: saysFor('192.168.2.40'), from: proxy })
    const itself = await ask(fixture.port, health, { from: proxy })
    const outside = await ask(fixture.port, health, { headers: saysFor('203.0.113.7'), from: proxy })

    expect([letIn.status, kept.status, itself.status, outside.status]).toEqual([200, 403, 403, 403])
    expect(kept.json()).toMatchObject({ code: 'ADDRESS_BLOCKED' })
    expect(outside.json().detail).toContain('outside the home')
    expect(seen).toHaveLength(1)
  })

  it('refuse what names no address, before anything else is looked at', async () => {
    const { fixture, seen } = await openGate({ trustedProxies: [proxy] })
    const answer = await ask(fixture.port, health, { headers: saysFor('unknown'), from: proxy })
    expect(answer.status).toBe(400)
    expect(seen).toEqual([])
  })

  it('end what is open within a second when they change, of the blocked client alone', async () => {
    const { fixture, setRules } = await openGate({ trustedProxies: [proxy] })
    const openTab = (address: string) =>
      TabClient.open(fixture.port, '/ws', {
        headers: { ...bearer(tokens.creator), ...saysFor(address) },
        localAddress: proxy,
      })
    const [kept, blocked] = await Promise.all([openTab('192.168.1.40'), openTab('192.168.1.66')])
    const began = performance.now()

    setRules(['deny 192.168.1.66'])

    await blocked.closed()
    expect(performance.now() - began).toBeLessThan(1000)
    expect(blocked.closeCode).toBe(4403)
    await kept.settle()
    expect(kept.closeCode).toBeUndefined()
  })

  it('know from the proxy alone how the client came: scheme and host', async () => {
    const { fixture, seen } = await openGate({ trustedProxies: [proxy] })
    fixture.settings.set('sharing.hostNames', ['pictures.example'])
    const headers = { ...saysFor('192.168.1.40'), 'x-forwarded-proto': 'https', 'x-forwarded-host': 'pictures.example' }

    expect((await ask(fixture.port, health, { headers, from: proxy })).status).toBe(200)
    expect(seen).toEqual([{ address: '192.168.1.40', secure: true, host: 'pictures.example' }])

    const foreign = { ...headers, 'x-forwarded-host': 'evil.example' }
    const rebound = await ask(fixture.port, health, { headers: foreign, from: proxy })
    expect(rebound.status).toBe(421)
  })

  it('lead nobody to what else stands in Host: the pages of a new device name the host that was checked', async () => {
    const trust = new FakeCertificates()
    const { fixture } = await openGate({ trustedProxies: [proxy], trust })
    fixture.settings.set('sharing.hostNames', ['pictures.example'])
    const headers = { ...saysFor('192.168.1.40'), 'x-forwarded-host': 'pictures.example', host: 'evil.example' }
    const askWelcome = () => ask(fixture.port, '/gatehouse/welcome?next=%2Flogin', { headers, from: proxy })

    trust.state = { ...trust.state, kind: 'own', publiclyTrusted: true }
    expect((await askWelcome()).headers.location).toBe('https://pictures.example/login')
    trust.state = { ...trust.state, publiclyTrusted: false }
    const { text, headers: answered } = await askWelcome()
    expect(text + JSON.stringify(answered)).not.toContain('evil.example')
    expect(text).toContain('href="https://pictures.example/login"')
  })

  it('take a way that is not encrypted from end to end for one that is not', async () => {
    const { fixture, seen } = await openGate({ trustedProxies: [proxy] })
    const headers = { ...saysFor('192.168.1.40'), 'x-forwarded-proto': 'https, http' }
    await ask(fixture.port, health, { headers, from: proxy })
    await vi.waitFor(() => expect(seen).toMatchObject([{ secure: false }]))
  })
})
