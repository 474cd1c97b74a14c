import { z } from 'zod'

/** What somebody would call the way into a network: their Wi-Fi, a cable. `other`: a card that says nothing about itself. */
export const mediumSchema = z.enum(['wifi', 'cable', 'vpn', 'virtual', 'other'])
export type Medium = z.infer<typeof mediumSchema>

/** One address that another device can use. */
export const sharedAddressSchema = z.object({
  address: z.string(),
  interface: z.string(),
  kind: z.enum(['home', 'virtual', 'name']),
  /** Of a name: of no network card, so `other`. */
  medium: mediumSchema,
  url: z.string(),
  /** The same without encryption, for the pages that say how to trust it; left out while nothing is encrypted. */
  plainUrl: z.string().optional(),
})
export type SharedAddress = z.infer<typeof sharedAddressSchema>

/** A network as sharing tells it from others: `id` comes from its router, `name` is for people. */
export const networkSchema = z.object({ id: z.string().max(100), name: z.string().max(100) })
export type Network = z.infer<typeof networkSchema>

/**
 * The name under which this computer is announced. `checking`: whether somebody has it already. `taken`: another device
 * has it, so nothing is announced. `failed`: the network does not let it.
 */
export const announcedNameSchema = z.object({
  state: z.enum(['off', 'checking', 'announced', 'taken', 'failed']),
  /** With `.local`; empty when none is to be announced. */
  host: z.string(),
  /** What is wrong, in words; null: nothing. */
  problem: z.string().nullable(),
})
export type AnnouncedName = z.infer<typeof announcedNameSchema>

/**
 * Whether another device got through to this computer since sharing was switched on here: nothing that this computer
 * does alone can show it. `late`: a minute has passed without one.
 */
export const reachSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('off') }),
  z.object({ kind: z.literal('waiting'), since: z.string() }),
  z.object({ kind: z.literal('late'), since: z.string() }),
  z.object({ kind: z.literal('through'), at: z.string(), address: z.string() }),
])
export type Reach = z.infer<typeof reachSchema>

/**
 * What this computer's firewall says about the gate, as far as it could be read without an administrator. `asks`: the
 * system will ask when sharing begins. `unknown`: there is a firewall and its rules could not be read.
 */
export const firewallSchema = z.object({
  verdict: z.enum(['open', 'blocked', 'asks', 'unknown', 'none']),
  words: z.string(),
  /** What to type into a terminal to let the home in; null: nothing is known to be needed. */
  command: z.string().nullable(),
  /** Whether the window can do it after the system asked for an administrator. */
  canMend: z.boolean(),
  /** Windows takes this network for a public one, where it lets nobody in. */
  isPublicNetwork: z.boolean(),
})
export type Firewall = z.infer<typeof firewallSchema>

export const sharingSchema = z.object({
  on: z.boolean(),
  port: z.number(),
  encrypted: z.boolean(),
  /** The address for Copy: one in a home network if there is one; null while there is none at all. */
  primaryUrl: z.string().nullable(),
  /** What the QR code leads to: always by address, because not every phone finds names. */
  codeUrl: z.string().nullable(),
  /** Where this computer itself reaches the public listener. */
  localUrl: z.string(),
  /** Which address rule keeps programs of this computer out, ComfyUI's own window with them, in words; null: none. */
  localBlock: z.string().nullable(),
  addresses: z.array(sharedAddressSchema),
  /** What this computer calls itself. */
  hostName: z.string(),
  /** Names of the people who can sign in now. */
  people: z.array(z.string()),
  /** Why sharing is off or limited although it was switched on, in words. */
  problem: z.string().nullable(),
  /** Another program has the port; `free`: one that could be used instead. */
  portTaken: z.object({ port: z.number(), holder: z.string().nullable(), free: z.number().nullable() }).nullable(),
  /** Where this computer is now; null: in no network. */
  network: networkSchema.nullable(),
  /** Sharing is on and rests, because nobody agreed to share on this network. `asks` until the answer was "not here". */
  pause: z.object({ network: networkSchema, asks: z.boolean() }).nullable(),
  /** Whether devices from outside the home's networks may come in. */
  outsideHome: z.boolean(),
  name: announcedNameSchema,
  reach: reachSchema,
  firewall: firewallSchema.nullable(),
  /** The address that people were given, when it is another one now. */
  addressBefore: z.string().nullable(),
})
export type Sharing = z.infer<typeof sharingSchema>

const firstPage = 'gatehouse/welcome'

/**
 * An address that opens in any browser, for `Copy`. Where a device has to be told to trust the certificate it is the one
 * without encryption: the gate leads from there to the page that explains the warning, or on, where it is trusted.
 */
export function toOpenUrl(
  { url, plainUrl }: Pick<SharedAddress, 'url' | 'plainUrl'>,
  sharing: Pick<Sharing, 'codeUrl'>,
): string {
  return plainUrl !== undefined && leadsToFirstPage(sharing) ? plainUrl : url
}

/** The same of the first address. Null: there is none. */
export const findOpenUrl = ({ codeUrl, primaryUrl }: Pick<Sharing, 'codeUrl' | 'primaryUrl'>): string | null =>
  codeUrl !== null && leadsToFirstPage({ codeUrl }) ? codeUrl.slice(0, -firstPage.length) : primaryUrl

/** What a code says for an address: where devices have to be told to trust, the page that says so. */
export const toCodeUrl = (
  address: Pick<SharedAddress, 'url' | 'plainUrl'>,
  sharing: Pick<Sharing, 'codeUrl'>,
): string => (leadsToFirstPage(sharing) ? `${toOpenUrl(address, sharing)}${firstPage}` : address.url)

const leadsToFirstPage = ({ codeUrl }: Pick<Sharing, 'codeUrl'>): boolean => codeUrl?.endsWith(`/${firstPage}`) === true

export const setSharingSchema = z.object({ on: z.boolean() })

/** The answer to "share here too?"; about the network that was asked about, which may be gone by now. */
export const shareHereSchema = z.object({ network: z.string().max(100), share: z.boolean() })

/**
 * Somebody who is here now: something of theirs is open (a page of Gatehouse, ComfyUI), or they asked for something in
 * the last minute. The owner's window alone is nobody.
 */
export const connectionSchema = z.object({
  user: z.object({ id: z.string(), name: z.string() }),
  device: z.string(),
  address: z.string(),
  /** Of ComfyUI's page, or of a tool. */
  sockets: z.number().int(),
  /** Whether anything is open, a page of Gatehouse for instance. */
  open: z.boolean(),
  credential: z.enum(['session', 'key']),
  lastActiveAt: z.string(),
})
export type Connection = z.infer<typeof connectionSchema>
