import { join } from 'node:path'
import type { ServicePaths } from '../../service/serviceTypes.ts'
import { repositoryRoot } from './desktopRuntime.ts'

/** What the product brings along, as it lies in the sources: nothing has to be built for it. */
export const unbuiltPaths = (pagesDirectory: string): ServicePaths => ({
  pagesDirectory,
  practiceEngine: join(repositoryRoot, 'launcher/practice/main.ts'),
  companionDirectory: join(repositoryRoot, 'resources/comfyui-companion'),
  keychainWorker: join(repositoryRoot, 'proxy/secrets/keychainWorker.ts'),
  pictureWorker: join(repositoryRoot, 'proxy/outputs/pictureWorker.ts'),
  hashWorker: join(repositoryRoot, 'proxy/accounts/hashWorker.ts'),
})
