/*
 * The closed list of what a role can give. The table of routes (proxy/comfyui/routeRows.ts) names for each route the
 * one permission that it needs; what is in no row needs `packs`. No schemas here: the script in ComfyUI's page is
 * built without a schema library.
 */

/** Every permission there is. Names are stored with roles: never renamed, only added. */
export const permissions = [
  /** ComfyUI's page, and everything of ComfyUI that only reads. */
  'canvas',
  /** `POST /prompt` with any workflow, as far as the role's rules for nodes and models go. */
  'graphs',
  /** Published workflows that were granted: by form, by the API, by `POST /prompt`. */
  'workflows',
  /** One's own jobs: see them, put them on hold, cancel them; the queue and the history of ComfyUI's page. */
  'jobs',
  /** What one's own jobs made: see, keep, remove. */
  'outputs',
  /** Files that workflows start from. */
  'uploads',
  /** One's own settings and workflow files in ComfyUI's page. */
  'storage',
  /** Show one's own pictures to others. */
  'share',
  /** See what others share with one. */
  'shared',
  /** Ask ComfyUI to empty the graphics card's memory. */
  'memory',
  /** One's own account: password, keys, signed-in devices. */
  'account',
  /** ComfyUI-Manager, which installs programs. */
  'manager',
  /** Routes of custom nodes, and whatever else no row of the table knows. */
  'packs',
  /** The whole API: people, roles, settings, everybody's things. */
  'administer',
] as const
export type Permission = (typeof permissions)[number]

/** What only an administrator can have: who has one of these can change what everybody else may do. */
export const reservedPermissions = ['manager', 'packs', 'administer'] as const satisfies readonly Permission[]

export const isReserved = (permission: Permission): boolean =>
  reservedPermissions.some((reserved) => reserved === permission)

/** What a permission lets somebody do, to read after "may" and, in a refusal, after "may not". */
export const permissionWords: Readonly<Record<Permission, string>> = {
  canvas: 'open ComfyUI’s own page',
  graphs: 'build workflows and run them',
  workflows: 'run the workflows that were made ready for them',
  jobs: 'have jobs, and cancel their own',
  outputs: 'have pictures, and remove their own',
  uploads: 'upload pictures to start from',
  storage: 'keep settings and workflow files in ComfyUI’s page',
  share: 'show their pictures to others',
  shared: 'see what others show them',
  memory: 'empty the memory of the graphics card',
  account: 'change their password, make keys and see their devices',
  manager: 'use ComfyUI-Manager, which installs programs',
  packs: 'use the pages that custom nodes bring along',
  administer: 'manage people, roles and settings',
}

/** Whoever may run any workflow may run those that were made ready, too. */
export const givesWorkflows = (held: readonly Permission[]): boolean =>
  held.includes('workflows') || held.includes('graphs')
