import { z } from 'zod'
import { parseWindowsAnswer } from '../windowsAnswer.ts'
import { toMac } from './gateway.ts'
import type { Gateway } from './gateway.ts'

/** Default routes with their cost, what answers at the routers' addresses, and what Windows takes each network for. */
export const networkScript = `
$ErrorActionPreference = 'SilentlyContinue'
[Console]::OutputEncoding = [Text.Encoding]::UTF8
$routes = @(Get-NetRoute -DestinationPrefix '0.0.0.0/0','::/0' | ForEach-Object {
  @{ interface = $_.InterfaceAlias; index = $_.ifIndex; gateway = $_.NextHop; metric = [int]$_.RouteMetric + [int]$_.ifMetric } })
$neighbours = @($routes | ForEach-Object { Get-NetNeighbor -InterfaceIndex $_.index -IPAddress $_.gateway } | ForEach-Object {
  @{ index = $_.ifIndex; address = $_.IPAddress; mac = $_.LinkLayerAddress } })
$profiles = @(Get-NetConnectionProfile | ForEach-Object {
  @{ index = $_.InterfaceIndex; name = $_.Name; category = $_.NetworkCategory.ToString() } })
ConvertTo-Json -Compress -Depth 4 @{ routes = $routes; neighbours = $neighbours; profiles = $profiles }
`

const answerSchema = z.object({
  routes: z.array(z.object({ interface: z.string(), index: z.number(), gateway: z.string(), metric: z.number() })),
  neighbours: z.array(z.object({ index: z.number(), address: z.string(), mac: z.string().nullable() })),
  profiles: z.array(z.object({ index: z.number(), name: z.string().nullable(), category: z.string() })),
})

export interface WindowsNetwork {
  readonly gateway: Gateway
  readonly mac: string | undefined
  readonly name: string | undefined
  readonly category: 'private' | 'public' | 'domain' | undefined
}

/** The answer to `networkScript`, the network that counts first; nothing of it is believed unless its form is right. */
export function parseWindowsNetworks(output: string): readonly WindowsNetwork[] {
  const parsed = answerSchema.safeParse(parseWindowsAnswer(output))
  if (!parsed.success) return []
  const { routes, neighbours, profiles } = parsed.data
  const found = routes.map(({ interface: card, index, gateway, metric }): WindowsNetwork => {
    const neighbour = neighbours.find((entry) => entry.index === index && entry.address === gateway)
    const profile = profiles.find((entry) => entry.index === index)
    // A tunnel's route names no router, but "any address".
    const address = /^(?:0\.0\.0\.0|::)$/.test(gateway) ? undefined : gateway.toLowerCase()
    return {
      gateway: { interface: card, address, metric },
      mac: toMac(neighbour?.mac ?? ''),
      name: profile?.name ?? undefined,
      category: readCategory(profile?.category),
    }
  })
  return found.sort((a, b) => a.gateway.metric - b.gateway.metric)
}

function readCategory(text: string | undefined): WindowsNetwork['category'] {
  if (text === 'Private') return 'private'
  if (text === 'Public') return 'public'
  return text === 'DomainAuthenticated' ? 'domain' : undefined
}
