/** Where the steps to trust differ. */
export const platformNames = ['ios', 'android', 'windows', 'macos', 'linux', 'firefox'] as const
export type PlatformName = (typeof platformNames)[number]

export const platformTitles: Readonly<Record<PlatformName, string>> = {
  ios: 'iPhone, iPad',
  android: 'Android',
  windows: 'Windows',
  macos: 'Mac',
  linux: 'Linux',
  firefox: 'Firefox',
}

export const isPlatform = (name: string | null): name is PlatformName => platformNames.some((known) => known === name)

/** What it most likely is; the page lets people choose another. iPads call themselves Macs, which have no touch. */
export function guessPlatform(userAgent: string | undefined): PlatformName {
  const agent = userAgent ?? ''
  if (/iPhone|iPad|iPod/.test(agent)) return 'ios'
  if (/Firefox\//.test(agent)) return 'firefox'
  if (/Android/.test(agent)) return 'android'
  if (/Windows/.test(agent)) return 'windows'
  if (/Macintosh|Mac OS X/.test(agent)) return 'macos'
  return /Linux|X11|CrOS/.test(agent) ? 'linux' : 'android'
}

/** What it is called in a sentence. */
export function nounOf(platform: PlatformName, userAgent: string | undefined): string {
  if (platform === 'ios') return /iPad/.test(userAgent ?? '') ? 'iPad' : 'iPhone'
  if (platform === 'android') return 'phone'
  return platform === 'firefox' && /Android|Mobile/.test(userAgent ?? '') ? 'phone' : 'computer'
}
