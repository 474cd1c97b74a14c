import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { system } from '../proxy/accounts/actedBy.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import type { Settings } from '../proxy/contract/settings.ts'
import { GateCertificates } from '../proxy/network/certificates/certificates.ts'
import type { ServiceOptions } from './serviceTypes.ts'

/** The gate's certificates, in the folder `tls` of the data folder, their keys where this data folder keeps secrets. */
export function openCertificates(
  {
    dataDirectory,
    database,
    vault,
    settings,
    audit,
  }: Pick<Stores, 'dataDirectory' | 'database' | 'vault' | 'settings' | 'audit'>,
  { clock, random, logger, headless }: Pick<ServiceOptions, 'clock' | 'random' | 'logger' | 'headless'>,
): GateCertificates {
  return new GateCertificates({
    directory: join(dataDirectory, 'tls'),
    clock,
    random,
    logger,
    keep: vault,
    settings: overriddenBy(headless?.tls, settings),
    hostName: hostname,
    interfaces: networkInterfaces,
    // The lock for writing is held by one process at a time, and ends with it.
    exclusively: (run) => database.kysely.transaction().execute(run),
    record: ({ what, reason, fingerprint }, by = system) => {
      const { actor, address } = by
      const details = { what, reason, fingerprint }
      audit.record({ event: 'certificate.changed', actor, ...(address === undefined ? {} : { address }), details })
    },
  })
}

/** What `gatehouse serve --tls` says counts for its run, until somebody writes the setting. */
function overriddenBy(
  mode: 'auto' | 'off' | undefined,
  settings: Stores['settings'],
): Pick<Stores['settings'], 'get' | 'onChange'> {
  const overrides: Partial<Settings> = mode === undefined ? {} : { 'https.mode': mode }
  settings.onChange((names) => {
    if (names.includes('https.mode')) delete overrides['https.mode']
  })
  return {
    get: (name) => overrides[name] ?? settings.get(name),
    onChange: (listener) => settings.onChange(listener),
  }
}
