import { hostname, networkInterfaces } from 'node:os'
import type { Stores } from '../proxy/accounts/stores.ts'
import type { Gate } from '../proxy/gate.ts'
import { findForeignAddresses, findLanAddresses } from '../proxy/network/lanAddresses.ts'
import type { ServiceOptions } from './serviceTypes.ts'
import { SharingController } from './sharingController.ts'
import { SharingSettings } from './sharingSettings.ts'

const LAST_FALLBACK_PORT = 8199

export interface SharingParts {
  readonly options: Pick<ServiceOptions, 'clock' | 'logger' | 'headless'>
  readonly stores: Pick<Stores, 'settings' | 'accounts' | 'keys'>
  /** Made after the switch, which its API needs. */
  readonly gate: () => Pick<Gate, 'openPublicListener' | 'movePublicListener' | 'openSharing' | 'closeSharing'>
  /** Why the running engine may not be shared, in words. */
  readonly engineTrouble: () => string | undefined
}

/** The sharing switch with the gate's listeners, the settings and the network cards of this computer behind it. */
export function createSharing({ options, stores, gate, engineTrouble }: SharingParts): SharingController {
  const { headless, logger, clock } = options
  // A port that was named must be that one: only the default may move, and only without a window.
  const mayMove = headless !== undefined && headless.publicPort === undefined
  return new SharingController({
    logger,
    settings: new SharingSettings(stores.settings, headless),
    listeners: {
      openPublic: async (port) => {
        const fallbackPorts = mayMove ? Math.max(0, LAST_FALLBACK_PORT - port) : 0
        return (await gate().openPublicListener({ port, fallbackPorts })).port
      },
      movePublic: async (port) => (await gate().movePublicListener(port)).port,
      openSharing: (addresses) => gate().openSharing(addresses),
      closeSharing: () => gate().closeSharing(),
    },
    engineTrouble,
    hostName: hostname(),
    lanAddresses: () => findLanAddresses(networkInterfaces()),
    foreignAddresses: () => findForeignAddresses(networkInterfaces()),
    people: () => findPeople(stores, clock.nowMs()),
  })
}

/** Names of everybody who can sign in or holds a key that works. */
async function findPeople({ accounts, keys }: SharingParts['stores'], nowMs: number): Promise<readonly string[]> {
  const [people, allKeys] = await Promise.all([accounts.list(), keys.list()])
  const holders = new Set(
    allKeys.filter((key) => key.expiresAtMs === null || key.expiresAtMs > nowMs).map((key) => key.accountId),
  )
  return people
    .filter((account) => !account.disabled && (account.hasPassword || holders.has(account.id)))
    .map((account) => account.name)
}
