import { IconListNumbers, IconPhoto, IconUser } from '@tabler/icons-react'

/** The pages of the portal, in their order: its bar and its routes read them here. */
export const portalPages = {
  pictures: { path: '/pictures', title: 'Pictures', icon: IconPhoto },
  queue: { path: '/queue', title: 'Queue', icon: IconListNumbers },
  me: { path: '/me', title: 'Me', icon: IconUser },
} as const

export type PortalPage = (typeof portalPages)[keyof typeof portalPages]
