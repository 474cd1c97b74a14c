import type { Medium, SharedAddress } from '../../../proxy/contract/sharing.ts'

const mediumWords: Readonly<Record<Medium, string>> = {
  wifi: 'Wi-Fi',
  cable: 'Cable',
  vpn: 'VPN: only devices in the same VPN',
  virtual: 'Network of virtual machines or containers on this computer',
  other: 'Network card',
}

/** What an address is, in words: "Wi-Fi (wlan0)". */
export function addressWords({ kind, medium, interface: card }: SharedAddress): string {
  if (kind === 'name') return 'The name of this computer in your network. Not every phone finds names.'
  return card === '' || card === mediumWords[medium] ? mediumWords[medium] : `${mediumWords[medium]} (${card})`
}
