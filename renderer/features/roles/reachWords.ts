import { givesWorkflows } from '../../../proxy/contract/permissions.ts'
import { nodeRiskWords } from '../../../proxy/contract/nodes.ts'
import type { NodeRisk } from '../../../proxy/contract/nodes.ts'
import { permissionWords } from '../../../proxy/contract/permissions.ts'
import type { Permission } from '../../../proxy/contract/permissions.ts'
import type { Reach, ReachDifference, ReachedNode } from '../../../proxy/contract/reach.ts'
import { count, joinNames } from '../../words/names.ts'

/** A sentence about what is reached. `attention`: it can do harm; `good`: it is kept out. */
export interface ReachSentence {
  readonly tone: 'plain' | 'good' | 'attention'
  readonly text: string
  /** Folded away below it. */
  readonly details?: readonly string[]
}

const line = (tone: ReachSentence['tone'], text: string, details?: readonly string[]): ReachSentence => ({
  tone,
  text,
  ...(details !== undefined && details.length > 0 && { details }),
})

/** Kinds of models as people call them. */
const folderNames: Readonly<Record<string, readonly [string, string]>> = {
  checkpoints: ['checkpoint', 'checkpoints'],
  loras: ['LoRA', 'LoRAs'],
  embeddings: ['embedding', 'embeddings'],
  vae: ['VAE', 'VAEs'],
  controlnet: ['ControlNet', 'ControlNets'],
  upscale_models: ['upscaler', 'upscalers'],
  clip: ['text encoder', 'text encoders'],
  text_encoders: ['text encoder', 'text encoders'],
  diffusion_models: ['diffusion model', 'diffusion models'],
  unet: ['diffusion model', 'diffusion models'],
  clip_vision: ['CLIP vision model', 'CLIP vision models'],
  style_models: ['style model', 'style models'],
  hypernetworks: ['hypernetwork', 'hypernetworks'],
}
export const folderTitle = (folder: string): string => folderNames[folder]?.[1] ?? `models in “${folder}”`
const filesOf = (folder: string, amount: number): string => {
  const [one, many] = folderNames[folder] ?? [`model in “${folder}”`, `models in “${folder}”`]
  return amount === 1 ? one : many
}

/** A few of them, and how many more. */
export function someOf(names: readonly string[], most = 4): string {
  if (names.length <= most) return joinNames(names)
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`
}

const riskyNodeWords = ({ title, pack, risks }: ReachedNode): string =>
  `${title} (${packName(pack)}) ${joinNames(risks.map((risk) => nodeRiskWords[risk]))}.`

export const packName = (pack: string): string => (pack === 'comfyui' ? 'ComfyUI’s own' : pack)

/** What the role reaches, the most important first. */
export function describeReach(reach: Reach): readonly ReachSentence[] {
  return [
    ...nodeLines(reach),
    ...modelLines(reach),
    ...workflowLines(reach),
    ...routeLines(reach),
    ...otherLines(new Set(reach.permissions)),
  ]
}

function nodeLines({ permissions, nodes }: Reach): ReachSentence[] {
  if (!permissions.includes('graphs')) return [line('good', 'Builds no workflows of their own.')]
  if (nodes === null) return [line('plain', 'Builds workflows. With which nodes is known once ComfyUI runs.')]
  const { total, allowed, refused, risky } = nodes
  const text =
    allowed === total
      ? `Builds workflows with all ${total} classes of nodes.`
      : `Builds workflows with ${allowed} of ${count(total, 'class', 'classes')} of nodes.`
  const lines = [line('plain', text)]
  if (refused.length > 0) {
    const kept = refused.reduce((sum, group) => sum + group.count, 0)
    lines.push(line('good', `${kept} ${kept === 1 ? 'is' : 'are'} kept from them.`, refused.map(refusedWords)))
  }
  if (risky.length > 0) {
    lines.push(
      line(
        'attention',
        `${count(risky.length, 'class', 'classes')} with a risk ${risky.length === 1 ? 'is' : 'are'} open to them.`,
        risky.map(riskyNodeWords),
      ),
    )
  }
  return lines
}

function refusedWords({
  verdict,
  risk,
  count: amount,
  examples,
}: NonNullable<Reach['nodes']>['refused'][number]): string {
  const names = amount > examples.length ? `${examples.join(', ')} …` : joinNames(examples)
  return `${amount} because ${refusalReason(verdict, risk, amount)}: ${names}`
}

function refusalReason(verdict: 'risky' | 'new' | 'denied', risk: NodeRisk | null, amount: number): string {
  const it = amount === 1 ? 'it' : 'each'
  switch (verdict) {
    case 'new':
      return amount === 1 ? 'it came or changed since you last looked' : 'they came or changed since you last looked'
    case 'denied':
      return amount === 1 ? 'you forbid it' : 'you forbid them'
    case 'risky':
      return risk === null ? `${it} has a risk` : `${it} ${nodeRiskWords[risk]}`
  }
}

function modelLines({ models }: Reach): ReachSentence[] {
  const limited = models.filter(({ unlimited }) => !unlimited)
  if (models.length === 0) return []
  if (limited.every(({ allowed }) => allowed.length === 0) && limited.length === models.length) {
    return [line('good', 'Sees no model files.')]
  }
  const lines = limited.map(({ folder, total, allowed }) =>
    line('plain', `Sees ${allowed.length} of ${total} ${filesOf(folder, total)}.`, allowed),
  )
  if (limited.length < models.length) {
    lines.push(line('plain', limited.length === 0 ? 'Sees all model files.' : 'Sees all models of every other kind.'))
  }
  return lines
}

function workflowLines({ permissions, workflows }: Reach): ReachSentence[] {
  if (!givesWorkflows(permissions)) return [line('good', 'Runs no workflows that you made ready.')]
  if (workflows.length === 0)
    return [line('plain', 'May run workflows that you make ready; there is none for them yet.')]
  const names = workflows.map(({ name }) => name)
  const risky = workflows.filter((workflow) => workflow.risky.length > 0)
  return [
    line(
      'plain',
      `May run ${count(names.length, 'workflow')}: ${someOf(names)}.`,
      names.length > 4 ? names : undefined,
    ),
    ...risky.map(({ name, risky: nodes }) =>
      line('attention', `“${name}” runs with nodes that are kept from them otherwise: ${someOf(nodes)}.`),
    ),
  ]
}

const routeName = ({ method, path, pack }: { method: string; path: string; pack: string }): string =>
  `${method} ${path} (${packName(pack)})`

function routeLines({ routes }: Reach): ReachSentence[] {
  if (routes === null) return [line('plain', 'Which addresses ComfyUI answers is known once it runs.')]
  const { total, reached, fromPacks, packsReached, unseen } = routes
  const lines = [line('plain', `Reaches ${reached} of the ${total} addresses that ComfyUI answers.`)]
  if (fromPacks > 0) {
    lines.push(
      packsReached.length === 0
        ? line('good', `Reaches none of the ${fromPacks} addresses that custom nodes bring.`)
        : line(
            'attention',
            `Reaches ${packsReached.length} of the ${fromPacks} addresses that custom nodes bring.`,
            packsReached.map(routeName),
          ),
    )
  }
  if (unseen.length > 0) {
    const text = `${count(unseen.length, 'address', 'addresses')} came since you last looked, for administrators only.`
    lines.push(line('attention', text, unseen.map(routeName)))
  }
  return lines
}

function otherLines(has: ReadonlySet<Permission>): ReachSentence[] {
  const others = has.has('administer')
    ? line('attention', 'Sees everybody’s pictures and jobs, and manages people and settings with a key.')
    : line(
        'good',
        has.has('shared')
          ? 'Sees nobody else’s pictures, jobs or files, except pictures that were shown to them.'
          : 'Sees nobody else’s pictures, jobs or files.',
      )
  const programs = has.has('manager')
    ? line('attention', 'May install programs with ComfyUI-Manager.')
    : line('good', 'Cannot install anything, and cannot change people, roles or settings.')
  return [others, programs]
}

/** What is gained or lost, a line each. Gains that can do harm are in amber and say what they mean. */
export function describeDifference(difference: ReachDifference, kind: 'gains' | 'losses'): readonly ReachSentence[] {
  const { permissions, nodes, models, workflows, routes } = difference
  const harmless = nodes.filter(({ risks }) => risks.length === 0)
  const risky = nodes.filter(({ risks }) => risks.length > 0)
  const tone = kind === 'gains' ? 'plain' : 'good'
  return [
    ...permissions.map((permission) =>
      line(
        permission === 'graphs' && kind === 'gains' ? 'attention' : tone,
        `${capital(permissionWords[permission])}.`,
      ),
    ),
    ...(risky.length === 0
      ? []
      : [
          line(
            kind === 'gains' ? 'attention' : 'good',
            `${count(risky.length, 'class', 'classes')} of nodes with a risk.`,
            risky.map(riskyNodeWords),
          ),
        ]),
    ...(harmless.length === 0
      ? []
      : [
          line(
            tone,
            `${count(harmless.length, 'class', 'classes')} of nodes: ${someOf(harmless.map(({ title }) => title))}.`,
          ),
        ]),
    ...models.map(({ folder, names }) =>
      line(
        tone,
        `${names.length} ${filesOf(folder, names.length)}: ${someOf(names)}.`,
        names.length > 4 ? names : undefined,
      ),
    ),
    ...workflows.map(({ name }) => line(tone, `The workflow “${name}”.`)),
    ...(routes.length === 0
      ? []
      : [line(tone, `${count(routes.length, 'address', 'addresses')} of ComfyUI.`, routes.map(routeName))]),
  ]
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
