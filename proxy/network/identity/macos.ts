import type { Gateway } from './gateway.ts'
import { toMac } from './gateway.ts'

/** `route -n get default`: lines "gateway: 192.168.1.1" and "interface: en0". */
export function parseRouteGet(text: string): Gateway | undefined {
  const card = /^\s*interface: *(\S+)$/m.exec(text)?.[1]
  if (card === undefined) return undefined
  const address = /^\s*gateway: *([0-9a-f.:]+)(?:%\S+)?$/im.exec(text)?.[1]?.toLowerCase()
  return { interface: card, address, metric: 0 }
}

/** `arp -n 192.168.1.1`: "? (192.168.1.1) at a4:2b:b0:1:2:3 on en0 ifscope [ethernet]". */
export const parseArp = (text: string): string | undefined => toMac(/\) at (\S+) on /.exec(text)?.[1] ?? '')

/** `ndp -an`, one neighbour a line: "fe80::1%en0   2:0:5e:10:0:1   en0 23h59m58s S R". */
export function parseNdp(text: string, address: string): string | undefined {
  for (const line of text.split('\n')) {
    const [neighbour, hardware] = line.trim().split(/\s+/)
    if (neighbour?.split('%')[0]?.toLowerCase() === address) return toMac(hardware ?? '')
  }
  return undefined
}

/** `networksetup -getairportnetwork en0`: "Current Wi-Fi Network: Ours". Newer systems do not say it. */
export const parseAirportNetwork = (text: string): string | undefined =>
  /^Current Wi-Fi Network: (.+)$/m.exec(text)?.[1]?.trim()

/** `ipconfig getsummary en0`: a line "  SSID : Ours"; newer systems write "<redacted>". */
export function parseIpconfigSummary(text: string): string | undefined {
  const name = /^\s+SSID : (.+)$/m.exec(text)?.[1]?.trim()
  return name === undefined || name.startsWith('<') ? undefined : name
}
