/** A way out of this computer's network. */
export interface Gateway {
  readonly interface: string
  /** Of the router; undefined: everything goes straight onto that card, as in a tunnel. */
  readonly address: string | undefined
  /** The smaller one counts. */
  readonly metric: number
}

/** Hardware addresses by `address%interface`. */
export type Neighbours = ReadonlyMap<string, string>

/** "A4-2B-B0-1-2-3" and "a4:2b:b0:1:2:3" as "a4:2b:b0:01:02:03"; undefined for what no router has. */
export function toMac(text: string): string | undefined {
  const parts = text.trim().toLowerCase().split(/[:-]/)
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-f]{1,2}$/.test(part))) return undefined
  const mac = parts.map((part) => part.padStart(2, '0')).join(':')
  return mac === '00:00:00:00:00:00' || mac === 'ff:ff:ff:ff:ff:ff' ? undefined : mac
}

/**
 * Hardware addresses that routers of many networks have alike (VRRP of RFC 5798, HSRP, CARP): they tell nothing about
 * which network it is unless the router's address is said with them.
 */
export const isSharedMac = (mac: string): boolean => /^(?:00:00:5e:00:0[12]|00:00:0c:07:ac|00:00:0c:9f:f)/.test(mac)
