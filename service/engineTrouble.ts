import type { EngineHealth } from '../launcher/readinessProbe.ts'
import { enginePatches } from '../proxy/core/enginePatches.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import type { UserFolderSource } from '../proxy/pipeline/engineUsers.ts'

/** Why nobody but the owner may use this engine, in words; undefined when it guards everything, or when none runs. */
export function describeEngineTrouble(health: Pick<EngineHealth, 'patches'> | undefined): string | undefined {
  if (health === undefined) return undefined
  const reported = new Map(Object.entries(health.patches))
  const names = new Set<string>([...enginePatches.filter((name) => !reported.has(name))])
  for (const [name, isPatched] of reported) if (!isPatched) names.add(name)
  if (names.size === 0) return undefined
  return `This version of ComfyUI cannot be guarded completely (${[...names].join(', ')}), so nobody else is let in. It works for you on this computer.`
}

/**
 * Folders that are given out only while the engine keeps people apart. The owner, who works in ComfyUI's own, goes on:
 * also over loopback, where a tunnel could bring strangers, nobody else does.
 */
export function guardFolders(folders: UserFolderSource, findTrouble: () => string | undefined): UserFolderSource {
  return {
    ensure: async (accountId) => {
      const set = await folders.ensure(accountId)
      const isOwner = Object.values(set).every((directory) => directory === null)
      if (isOwner || findTrouble() === undefined) return set
      const text = 'This ComfyUI cannot keep people apart, so only the owner of the computer can use it.'
      throw new GateError('PERMISSION_DENIED', text)
    },
    clearTemp: (accountId) => folders.clearTemp(accountId),
    onMoved: (listener) => folders.onMoved?.(listener) ?? (() => undefined),
    findGone: async (accountIds) => (await folders.findGone?.(accountIds)) ?? [],
  }
}
