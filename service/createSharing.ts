import { hostname, networkInterfaces } from 'node:os'
import type { Stores } from '../proxy/accounts/stores.ts'
import type { Gate } from '../proxy/gate.ts'
import { readNetwork } from '../proxy/network/identity/readNetwork.ts'
import { findForeignAddresses, findLanAddresses } from '../proxy/network/lanAddresses.ts'
import { findFreePort, findPortHolder } from '../proxy/network/portHolder.ts'
import { createNetworkSystem } from '../proxy/network/systemPrograms.ts'
import type { NetworkSystem } from '../proxy/network/systemPrograms.ts'
import type { TlsSource } from '../proxy/http/tlsSource.ts'
import { describeLocalBlock } from './localBlock.ts'
import { NetworkAgreement } from './networkAgreement.ts'
import { NetworkWatch } from './networkWatch.ts'
import { openSurroundings } from './openSurroundings.ts'
import type { GatehouseService, ServiceOptions } from './serviceTypes.ts'
import type { SharingDependencies } from './sharingDependencies.ts'
import { SharingController } from './sharingController.ts'
import { SharingSettings } from './sharingSettings.ts'

const LAST_FALLBACK_PORT = 8199

export interface SharingParts {
  readonly options: Pick<ServiceOptions, 'clock' | 'logger' | 'headless' | 'platform'>
  readonly stores: Pick<
    Stores,
    'settings' | 'accounts' | 'keys' | 'sessions' | 'audit' | 'database' | 'ipRules' | 'addressRules'
  >
  /** Made after the switch, which its API needs. */
  readonly gate: () => Pick<
    Gate,
    'openPublicListener' | 'movePublicListener' | 'openSharing' | 'closeSharing' | 'announceName' | 'devices'
  >
  readonly tls: TlsSource
  /** Why the running engine may not be shared, in words. */
  readonly engineTrouble: () => string | undefined
}

/** The sharing switch with the gate's listeners, the settings and the network cards of this computer behind it. */
export function createSharing({ options, stores, gate, tls, engineTrouble }: SharingParts): SharingController {
  const { headless, logger, clock, platform } = options
  const system = createNetworkSystem(platform, process.env)
  const network = watchNetwork(system, clock)
  const settings = new SharingSettings(stores.settings, headless)
  // A port that was named must be that one: only the default may move, and only without a window.
  const mayMove = headless !== undefined && headless.publicPort === undefined
  if (settings.isAgreedForRun) {
    logger.info({ shareOn: headless?.shareOn ?? [] }, 'sharing was agreed to for this run by naming its address')
  }
  return new SharingController({
    logger,
    settings,
    listeners: {
      openPublic: async (port) => {
        const fallbackPorts = mayMove ? Math.max(0, LAST_FALLBACK_PORT - port) : 0
        return (await gate().openPublicListener({ port, fallbackPorts })).port
      },
      movePublic: async (port) => (await gate().movePublicListener(port)).port,
      openSharing: (addresses) => gate().openSharing(addresses),
      closeSharing: () => gate().closeSharing(),
    },
    encryption: describeEncryption(tls, stores.settings),
    engineTrouble,
    network,
    agreement: new NetworkAgreement({
      list: () => settings.networks(),
      add: (network) => settings.addNetwork(network),
      isForRun: settings.isAgreedForRun,
    }),
    surroundings: openSurroundings({ clock, logger, system, stores, gate, network }),
    inspectPort: async (port) => ({
      holder: await findPortHolder(system, port),
      free: await findFreePort(port, [stores.settings.get('administration.port')]),
    }),
    onPause: ({ name }) => {
      logger.info({ network: name }, 'sharing rests: nobody agreed to share in this network')
      stores.audit.record({ event: 'network.changed', actor: { kind: 'system' }, details: { name, shared: false } })
    },
    hostName: hostname(),
    localBlock: () => describeLocalBlock(stores),
    lanAddresses: () => findLanAddresses(networkInterfaces()),
    foreignAddresses: () => findForeignAddresses(networkInterfaces()),
    people: () => findPeople(stores, clock.nowMs()),
  })
}

/** Reading it is free on Linux, some processes on macOS, and a slow program on Windows. */
const maxAgeMs = (platform: NodeJS.Platform): number =>
  platform === 'win32' ? 60_000 : platform === 'darwin' ? 20_000 : 4_000
/** Some polls: a laptop that was closed. */
const SLEEP_MS = 20_000

function watchNetwork(system: NetworkSystem, clock: ServiceOptions['clock']): NetworkWatch {
  return new NetworkWatch({
    clock,
    read: () => readNetwork({ system, interfaces: networkInterfaces }),
    signature: () => JSON.stringify(networkInterfaces()),
    maxAgeMs: maxAgeMs(system.platform),
    sleepMs: SLEEP_MS,
  })
}

/** Names of everybody who can sign in, is signed in (who was let in may have no password), or holds a key that works. */
async function findPeople(stores: SharingParts['stores'], nowMs: number): Promise<readonly string[]> {
  const { accounts, keys, sessions } = stores
  const [people, allKeys, signedIn] = await Promise.all([accounts.list(), keys.list(), sessions.list()])
  const holders = new Set([
    ...allKeys.filter((key) => key.expiresAtMs === null || key.expiresAtMs > nowMs).map((key) => key.accountId),
    ...signedIn
      .filter(({ surface, fromOwnerWindow }) => surface === 'people' && !fromOwnerWindow)
      .map((session) => session.accountId),
  ])
  return people
    .filter(({ guestAddress, disabled, hasPassword, id }) => {
      // Who looks around as a guest is nobody's invited person.
      return guestAddress === null && !disabled && (hasPassword || holders.has(id))
    })
    .map((account) => account.name)
}

/** The same switch as the API's; what is switched here is the owner's doing on this computer. */
export function sharingFromHere(sharing: SharingController, audit: Stores['audit']): GatehouseService['sharing'] {
  const actor = { kind: 'system' } as const
  return {
    describe: () => sharing.describe(),
    set: async (on) => {
      await sharing.set(on)
      audit.record({ event: 'sharing.changed', actor, details: { on } })
    },
    answerNetwork: async (network, share) => {
      await sharing.answerNetwork(network, share)
      const name = sharing.describe().network?.name ?? ''
      audit.record({ event: 'network.changed', actor, details: { name, shared: share } })
    },
    onChange: (listener) => sharing.onChange(listener),
  }
}

function describeEncryption(
  tls: TlsSource,
  settings: Stores['settings'],
): NonNullable<SharingDependencies['encryption']> {
  return {
    describe: () => ({
      isOn: tls.context() !== undefined,
      isForced: settings.get('https.force'),
      isKnown: tls.isPubliclyTrusted,
    }),
    onChange: (listener) => {
      const stops = [
        tls.onChange(listener),
        settings.onChange((names) => {
          if (names.includes('https.force')) listener()
        }),
      ]
      return () => stops.forEach((stop) => stop())
    },
  }
}
