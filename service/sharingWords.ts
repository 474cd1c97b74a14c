import { GateError } from '../proxy/contract/errorCodes.ts'
import type { Sharing } from '../proxy/contract/sharing.ts'
import { hasCode } from '../proxy/core/systemErrors.ts'

/** Why there is nothing to share on. A gate that lets in only the home's devices is of no use on another network. */
export function describeNoAddress(foreign: readonly string[]): string {
  if (foreign.length === 0) {
    return 'This computer is in no network right now, so nobody else can reach it. Sharing goes on by itself once it is.'
  }
  const addresses = foreign.slice(0, 3)
  const its = addresses.length === 1 ? 'its address is' : 'its addresses are'
  return (
    `This computer is in a network, but in no home network (${its} ${addresses.join(' and ')}), and Gatehouse lets in only ` +
    'devices with a private address, such as 192.168.… Connect this computer to a router of your own: sharing then ' +
    'goes on by itself.'
  )
}

/** Why sharing could not be changed. */
export function describeSharingFailure(error: unknown): string {
  if (error instanceof GateError) return error.message
  if (hasCode(error, 'EADDRNOTAVAIL')) {
    return 'This computer does not have the chosen address right now. Choose another one in the settings.'
  }
  return 'Sharing could not be switched on. The log has the details.'
}

/** Whether another program has the port, which another port helps against. */
export const isPortTaken = (error: unknown): boolean =>
  error instanceof GateError && error.code === 'PORT_IN_USE' && hasCode(error.cause, 'EADDRINUSE')

export const describePortTaken = ({ port, holder }: NonNullable<Sharing['portTaken']>): string =>
  `Port ${port} is used by ${holder ?? 'another program'}.`

/** Sharing listens only where nobody may come in from: said, because everything else looks as if it worked. */
export function describeForeignOnly(addresses: readonly string[]): string {
  const its = addresses.length === 1 ? 'is' : 'are'
  return (
    `${addresses.join(' and ')} ${its} in no home network, and Gatehouse lets in only devices with a private address, ` +
    'such as 192.168.…: nobody of that network can come in, unless “people outside my home” is switched on ' +
    '(sharing.outsideHome).'
  )
}
