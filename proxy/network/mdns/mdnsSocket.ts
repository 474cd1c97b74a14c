import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'
import { BlockList, isIPv6 } from 'node:net'
import { normaliseAddress } from '../../core/addresses.ts'

/** RFC 6762 section 3. */
export const MDNS_PORT = 5353
const groups = { IPv4: '224.0.0.251', IPv6: 'ff02::fb' } as const

/** One network card with one version of IP. */
export interface MdnsLink {
  readonly card: string
  readonly family: 'IPv4' | 'IPv6'
  /** This computer's address there, with the length of its network's prefix. */
  readonly cidr: string
  /** Numbers an IPv6 card on Windows; 0 for IPv4. */
  readonly scopeId: number
}

export interface MdnsSocket {
  /** To everybody on the link, or to the one who asked. Failures are told to `onError`. */
  send(message: Buffer, to?: { readonly address: string; readonly port: number }): void
  close(): void
}

export interface MdnsHandlers {
  message(message: Buffer, from: { readonly address: string; readonly port: number }): void
  /** The socket does not work (any more). */
  error(error: Error): void
  opened(): void
}

/** Opens the link's socket beside those of other programs. Tests choose another port. */
export function openMdnsSocket(link: MdnsLink, handlers: MdnsHandlers, port = MDNS_PORT): MdnsSocket {
  const isOnLink = createLinkCheck(link)
  const isSixth = link.family === 'IPv6'
  const socket = createSocket({ type: isSixth ? 'udp6' : 'udp4', reuseAddr: true, ipv6Only: isSixth })
  let isOpen = true
  const fail = (error: Error): void => {
    if (!isOpen) return
    isOpen = false
    socket.close()
    handlers.error(error)
  }
  socket.on('error', fail)
  socket.on('message', (message: Buffer, { address, port: sender }: RemoteInfo) => {
    // A socket hears the group on every card, and RFC 6762 section 11 wants nothing from beyond the link answered. Port 0
    // has nobody who could be answered (RFC 768), and Node throws at whoever tries.
    if (sender !== 0 && isOnLink(address)) handlers.message(message, { address, port: sender })
  })
  socket.bind({ port, address: isSixth ? '::' : '0.0.0.0' }, () => {
    if (!isOpen) return
    try {
      join(socket, link)
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)))
      return
    }
    handlers.opened()
  })
  return {
    send: (message, to) => {
      if (!isOpen) return
      socket.send(message, to?.port ?? port, to?.address ?? groups[link.family], (error) => {
        // Whoever asked may not be there at all: that says nothing about the link.
        if (error !== null && to === undefined) fail(error)
      })
    },
    close: () => {
      if (!isOpen) return
      isOpen = false
      socket.close()
    },
  }
}

function join(socket: Socket, { family, card, cidr, scopeId }: MdnsLink): void {
  const own = cidr.split('/')[0] ?? ''
  const way = family === 'IPv4' ? own : `::%${process.platform === 'win32' ? scopeId : card}`
  socket.addMembership(groups[family], way)
  socket.setMulticastInterface(way)
  socket.setMulticastTTL(255)
  // Other programs of this computer ask, too.
  socket.setMulticastLoopback(true)
}

function createLinkCheck({ family, cidr }: MdnsLink): (address: string) => boolean {
  const [own = '', length = ''] = cidr.split('/')
  const list = new BlockList()
  list.addSubnet(own, Number(length), family === 'IPv4' ? 'ipv4' : 'ipv6')
  if (family === 'IPv6') list.addSubnet('fe80::', 10, 'ipv6')
  return (address) => {
    const plain = normaliseAddress(address)
    return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
  }
}
