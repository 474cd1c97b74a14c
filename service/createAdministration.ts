import type { Stores } from '../proxy/accounts/stores.ts'
import { system } from '../proxy/accounts/actedBy.ts'
import type { Gate } from '../proxy/gate.ts'
import type { TlsSource } from '../proxy/http/tlsSource.ts'
import { AdministrationController } from './administrationController.ts'
import type { ServiceOptions } from './serviceTypes.ts'
import type { SharingController } from './sharingController.ts'

export interface AdministrationParts {
  readonly options: Pick<ServiceOptions, 'logger'>
  readonly stores: Pick<Stores, 'settings' | 'sessions'>
  /** Made after the switch, which its API needs. */
  readonly gate: () => Pick<Gate, 'openAdministration' | 'closeAdministration'>
  readonly tls: TlsSource
  readonly sharing: Pick<SharingController, 'describe' | 'onChange'>
}

/** Managing from other devices with the gate's listeners, the settings, the certificate and sharing behind it. */
export function createAdministration(parts: AdministrationParts): AdministrationController {
  const { options, stores, gate, tls, sharing } = parts
  const { settings, sessions } = stores
  return new AdministrationController({
    logger: options.logger,
    settings: {
      isOn: () => settings.get('administration.on'),
      port: () => settings.get('administration.port'),
      onChange: (listener) =>
        settings.onChange((names) => {
          if (names.some((name) => name === 'administration.on' || name === 'administration.port')) listener()
        }),
    },
    tls,
    sharing: {
      addresses: () => {
        const addresses = sharing.describe().addresses.filter(({ kind }) => kind !== 'name')
        return addresses.map(({ address }) => address)
      },
      onChange: (listener) => sharing.onChange(listener),
    },
    listeners: {
      open: (addresses, port) => gate().openAdministration(addresses, port),
      close: () => gate().closeAdministration(),
    },
    endSessions: () => sessions.endAdministration(system),
  })
}
