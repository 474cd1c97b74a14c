import { findInvitationAddress } from '../proxy/contract/invitations.ts'
import type { Logger } from '../proxy/core/logger.ts'
import type { FolderLock } from '../proxy/database/lockFile.ts'
import type { SharingController } from './sharingController.ts'

/** Where the gate listens, and what is wrong with it, at each change: for the log, and for whoever finds the folder in use. */
export function logGate(sharing: SharingController, logger: Logger, lock: Pick<FolderLock, 'setUrl'>): void {
  let last = ''
  let lastProblem: string | null = null
  sharing.onChange(() => {
    if (sharing.publicPort === undefined) return
    const described = sharing.describe()
    const { localUrl, addresses, problem } = described
    if (problem !== lastProblem && problem !== null) logger.warn({}, problem)
    lastProblem = problem
    const urls = [localUrl, ...addresses.map(({ url }) => url)]
    const sharedUrl = findInvitationAddress(described)
    const all = [...urls, sharedUrl ?? ''].join()
    if (all === last) return
    last = all
    logger.info({ localUrl, shared: urls.slice(1) }, 'the gate is open')
    lock.setUrl(localUrl, sharedUrl)
  })
}
