import { IconListNumbers, IconPhoto, IconSparkles, IconUser, IconUsers } from '@tabler/icons-react'
import type { Permission } from '../../proxy/contract/permissions.ts'

interface Page {
  readonly path: `/${string}`
  readonly title: string
  readonly icon: typeof IconUser
  /** Without it there is nothing on the page for one. */
  readonly needs: Permission
}

/** The pages of the portal, in their order: its bar and its routes read them here. */
export const portalPages = {
  run: { path: '/run', title: 'Run', icon: IconSparkles, needs: 'workflows' },
  pictures: { path: '/pictures', title: 'Pictures', icon: IconPhoto, needs: 'outputs' },
  shared: { path: '/shared', title: 'Shared', icon: IconUsers, needs: 'shared' },
  queue: { path: '/queue', title: 'Queue', icon: IconListNumbers, needs: 'jobs' },
  me: { path: '/me', title: 'Me', icon: IconUser, needs: 'account' },
} as const satisfies Record<string, Page>

export type PortalPage = (typeof portalPages)[keyof typeof portalPages]
