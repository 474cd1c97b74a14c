/** Apart from the schemas, so that the script in ComfyUI's page is not built with a schema library. */
export const roles = ['administrator', 'creator', 'user', 'viewer', 'guest'] as const
export type Role = (typeof roles)[number]

/** What a role means, in the words that people see. */
export const roleWords: Readonly<Record<Role, { title: string; meaning: string }>> = {
  administrator: {
    title: 'Administrator',
    meaning:
      'Trusted like me: may use everything in ComfyUI, also what changes this computer. Manages people and settings only with a key',
  },
  creator: { title: 'Creator', meaning: 'Builds freely: any workflow with the nodes and models that are installed' },
  user: { title: 'User', meaning: 'Runs ready-made workflows' },
  viewer: { title: 'Viewer', meaning: 'Only looks at pictures' },
  guest: { title: 'Guest', meaning: 'Visits: sees only what you open for visitors' },
}
