/** Apart from the schemas, so that the script in ComfyUI's page is not built with a schema library. */
import { permissions } from './permissions.ts'
import type { Permission } from './permissions.ts'

/** The roles that are always there. Further ones are made by copying one of them. */
export const roles = ['administrator', 'creator', 'user', 'viewer', 'guest'] as const
export type Role = (typeof roles)[number]

/** Name of a role that is always there, or of one that the owner made. */
export type RoleId = string
export const roleIdPattern = /^[a-z][a-z0-9-]{0,31}$/

export const isBuiltIn = (id: RoleId): id is Role => roles.some((role) => role === id)

/** What the roles that are always there give. Of a copy, the owner chooses; the reserved ones are nobody else's. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  administrator: permissions,
  creator: [
    'canvas',
    'graphs',
    'workflows',
    'jobs',
    'outputs',
    'uploads',
    'storage',
    'share',
    'shared',
    'memory',
    'account',
  ],
  user: ['canvas', 'workflows', 'jobs', 'outputs', 'uploads', 'storage', 'share', 'shared', 'account'],
  viewer: ['shared', 'account'],
  guest: ['workflows', 'jobs', 'outputs', 'uploads'],
}

/** What a role means, in the words that people see. */
export const roleWords: Readonly<Record<Role, { title: string; meaning: string }>> = {
  administrator: {
    title: 'Administrator',
    meaning:
      'Trusted like me: may use everything in ComfyUI, also what changes this computer. Manages people and settings with a key, or in a browser once you allow that',
  },
  creator: {
    title: 'Creator',
    meaning: 'Builds freely: any workflow from the nodes and models that you allow. As strong as those nodes are',
  },
  user: { title: 'User', meaning: 'Runs the workflows that you make ready, and cannot change them' },
  viewer: { title: 'Viewer', meaning: 'Only looks at pictures that others show' },
  guest: { title: 'Guest', meaning: 'Visits: runs the workflows that you open to everybody, a few times a day' },
}
