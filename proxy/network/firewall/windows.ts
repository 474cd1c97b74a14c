import { z } from 'zod'
import { parseWindowsAnswer } from '../windowsAnswer.ts'
import type { FirewallFacts } from './firewallFacts.ts'

/** Rules for incoming connections that name our program, and whether the firewall of each profile is on. */
export const firewallScript = `
$ErrorActionPreference = 'SilentlyContinue'
[Console]::OutputEncoding = [Text.Encoding]::UTF8
$rules = @(Get-NetFirewallApplicationFilter -PolicyStore ActiveStore -Program $env:GATEHOUSE_PROGRAM | Get-NetFirewallRule |
  Where-Object { $_.Direction.ToString() -eq 'Inbound' } | ForEach-Object {
  @{ name = $_.Name; enabled = $_.Enabled.ToString(); action = $_.Action.ToString(); profile = $_.Profile.ToString() } })
$profiles = @(Get-NetFirewallProfile -PolicyStore ActiveStore | ForEach-Object {
  @{ name = $_.Name; enabled = $_.Enabled.ToString(); inbound = $_.DefaultInboundAction.ToString(); rules = $_.AllowInboundRules.ToString() } })
ConvertTo-Json -Compress -Depth 4 @{ rules = $rules; profiles = $profiles }
`

/**
 * To be run by an administrator: takes away what blocks that program (pressing Cancel writes such a rule, for good) and
 * lets it in from private networks. An elevated program inherits no variables, so the path stands in the script.
 */
export function createMendScript(program: string): string {
  const quoted = `'${program.replaceAll(/['\u2018-\u201b]/g, '$&$&')}'`
  return `
$ErrorActionPreference = 'Stop'
$program = ${quoted}
Get-NetFirewallApplicationFilter -Program $program -ErrorAction SilentlyContinue | Get-NetFirewallRule |
  Where-Object { $_.Direction.ToString() -eq 'Inbound' } | Remove-NetFirewallRule
New-NetFirewallRule -DisplayName 'Gatehouse' -Direction Inbound -Program $program -Protocol TCP -Action Allow -Profile Private,Domain | Out-Null
`
}

const answerSchema = z.object({
  rules: z.array(z.object({ name: z.string(), enabled: z.string(), action: z.string(), profile: z.string() })),
  profiles: z.array(z.object({ name: z.string(), enabled: z.string(), inbound: z.string(), rules: z.string() })),
})

const profileNames = { private: 'Private', public: 'Public', domain: 'Domain' } as const
const NAME = 'Windows’ firewall'

/** What the answer to `firewallScript` means in a network of that category. A rule that blocks counts before all others. */
export function parseWindowsFirewall(output: string, category: keyof typeof profileNames | undefined): FirewallFacts {
  const parsed = answerSchema.safeParse(parseWindowsAnswer(output))
  if (!parsed.success || category === undefined) return { kind: 'unknown' }
  const profile = parsed.data.profiles.find(({ name }) => name === profileNames[category])
  if (profile === undefined) return { kind: 'unknown' }
  if (profile.enabled !== 'True') return { kind: 'off', name: NAME }
  if (profile.rules === 'False') return { kind: 'blocks', name: NAME, why: 'everything' }
  const applies = parsed.data.rules.filter(
    (rule) => rule.enabled === 'True' && (rule.profile === 'Any' || rule.profile.includes(profileNames[category])),
  )
  if (applies.some(({ action }) => action === 'Block')) {
    return { kind: 'blocks', name: NAME, why: category === 'public' ? 'publicNetwork' : 'rule' }
  }
  if (applies.some(({ action }) => action === 'Allow')) return { kind: 'allows', name: NAME }
  if (profile.inbound === 'Allow') return { kind: 'allows', name: NAME }
  // Asked and answered for the other kind of network only: Windows does not ask again.
  if (parsed.data.rules.length > 0) {
    return { kind: 'blocks', name: NAME, why: category === 'public' ? 'publicNetwork' : 'default' }
  }
  return { kind: 'asks', name: NAME }
}
