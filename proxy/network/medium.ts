import type { Medium } from '../contract/sharing.ts'

/** Names of network cards on Linux (systemd's and the kernel's), and what Windows calls them in several languages. */
const WIFI = /^(?:wl|wifi|wi-fi|wlan|ath\d|ra\d|drahtlos|wireless|sans fil)/i
const CABLE = /^(?:en[opsx]|eth|em\d|lan\b|ethernet|local area connection|lan-verbindung)/i
/** What VPN programs call theirs. Everything else that is virtual belongs to machines and containers. */
const VPN =
  /^(?:utun|tun|tap|wg|tailscale|zt|ham|ppp|nordlynx|proton|mullvad|gpd|ipsec|Tailscale|ZeroTier|Hamachi|Radmin|OpenVPN|WireGuard|NordVPN|ProtonVPN|Mullvad|TAP-Windows)/i

/** What a card's name says of it; `ports` are the system's own words for cards whose names say nothing (macOS). */
export function findMedium(name: string, isVirtual: boolean, ports: ReadonlyMap<string, Medium> = new Map()): Medium {
  if (isVirtual) return VPN.test(name) ? 'vpn' : 'virtual'
  const known = ports.get(name)
  if (known !== undefined) return known
  if (WIFI.test(name)) return 'wifi'
  return CABLE.test(name) ? 'cable' : 'other'
}

/**
 * Reads `networksetup -listallhardwareports` of macOS, where Wi-Fi and cables are both called en0, en1, …: blocks of
 * "Hardware Port: Wi-Fi" and "Device: en0".
 */
export function parseHardwarePorts(output: string): ReadonlyMap<string, Medium> {
  const ports = new Map<string, Medium>()
  for (const block of output.split(/\r?\n\s*\r?\n/)) {
    const port = /^Hardware Port: *(.+)$/m.exec(block)?.[1]?.trim()
    const device = /^Device: *(\S+)$/m.exec(block)?.[1]
    if (port === undefined || device === undefined) continue
    if (/^(?:Wi-Fi|AirPort)/i.test(port)) ports.set(device, 'wifi')
    else if (/Ethernet|\bLAN\b/i.test(port)) ports.set(device, 'cable')
  }
  return ports
}
