import { systemInstallationDeps } from '../launcher/installation/installationDeps.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import { EngineChoices } from './engineChoices.ts'
import { listPrivateFolders } from './openFolders.ts'
import type { ServiceOptions } from './serviceTypes.ts'

/** Which engine is started, as the settings say or the command line of this run. */
export function createChoices(options: ServiceOptions, stores: Stores): EngineChoices {
  const { dataDirectory, nodeCommand, paths, headless = {} } = options
  return new EngineChoices({
    dataDirectory,
    nodeCommand,
    practiceEngine: paths.practiceEngine,
    companionDirectory: paths.companionDirectory,
    settings: stores.settings,
    installationDeps: systemInstallationDeps(),
    privateDirectories: () => listPrivateFolders(stores, options),
    override: headless,
  })
}
