/** Which rows changed, in this process or another one. `users` are accounts. */
export type ChangedResource =
  'users' | 'keys' | 'sessions' | 'settings' | 'roles' | 'workflows' | 'ipRules' | 'lockouts' | 'invitations'

/** Tells within this process that rows changed: own writes at once, others' as soon as the revision watcher sees them. */
export class ChangeFeed {
  readonly #listeners = new Set<(resource: ChangedResource) => void>()

  on(listener: (resource: ChangedResource) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(resource: ChangedResource): void {
    for (const listener of [...this.#listeners]) listener(resource)
  }
}
