import {
  IconActivity,
  IconAdjustments,
  IconHome,
  IconKey,
  IconListNumbers,
  IconNetwork,
  IconPhoto,
  IconPlayerPlay,
  IconServer2,
  IconShieldLock,
  IconUsers,
} from '@tabler/icons-react'

/** The pages of the owner's window, in their order: rail, palette and routes read them here. */
export const ownerPages = {
  home: { path: '/', title: 'Home', icon: IconHome, inMore: false },
  people: { path: '/people', title: 'People', icon: IconUsers, inMore: false },
  pictures: { path: '/pictures', title: 'Pictures', icon: IconPhoto, inMore: false },
  workflows: { path: '/workflows', title: 'Workflows', icon: IconPlayerPlay, inMore: false },
  jobs: { path: '/jobs', title: 'Jobs', icon: IconListNumbers, inMore: false },
  roles: { path: '/roles', title: 'Roles', icon: IconShieldLock, inMore: true },
  keys: { path: '/keys', title: 'Keys', icon: IconKey, inMore: true },
  network: { path: '/network', title: 'Network', icon: IconNetwork, inMore: true },
  activity: { path: '/activity', title: 'Activity', icon: IconActivity, inMore: true },
  comfyui: { path: '/comfyui', title: 'ComfyUI', icon: IconServer2, inMore: true },
  settings: { path: '/settings', title: 'Settings', icon: IconAdjustments, inMore: true },
} as const

export type OwnerPage = (typeof ownerPages)[keyof typeof ownerPages]
