import { modelFilesSchema, nodeListSchema } from '../../proxy/contract/nodeAnswers.ts'
import type { JudgedNodeAnswer } from '../../proxy/contract/nodeAnswers.ts'
import type { NodeRisk } from '../../proxy/contract/nodes.ts'
import { probeResultSchema, rolePreviewSchema } from '../../proxy/contract/reach.ts'
import { roleAnswerSchema } from '../../proxy/contract/roleRules.ts'
import { rolePermissions, roles as builtIn } from '../../proxy/contract/roles.ts'
import { ownerScenario, problem } from './pageFixtures.ts'
import { pendingAnswer } from './pageFixturesServer.ts'
import type { Shot } from './pageFixturesShots.ts'

const harmless = { rule: 'harmless' as const, allowed: [], denied: [] }
const peopleOf: Readonly<Record<string, number>> = { administrator: 1, creator: 2, user: 1 }

const builtInRoles = builtIn.map((id) =>
  roleAnswerSchema.parse({
    id,
    title: '',
    meaning: '',
    base: id,
    builtIn: true,
    permissions: [...rolePermissions[id]],
    models: {},
    nodes: id === 'administrator' ? { ...harmless, rule: 'all' } : harmless,
    people: peopleOf[id] ?? 0,
  }),
)
const ownRole = roleAnswerSchema.parse({
  id: 'evening-class',
  title: 'Evening class',
  meaning: 'Builds with the small models on Tuesdays',
  base: 'creator',
  builtIn: false,
  permissions: rolePermissions.creator.filter((permission) => permission !== 'memory'),
  models: { checkpoints: ['sd15-base.safetensors', 'sdxl/turbo.safetensors'] },
  nodes: harmless,
  people: 0,
})
export const roles = [...builtInRoles, ownRole]

const sha = 'a'.repeat(64)
function createNode(
  pack: string,
  name: string,
  title: string,
  risks: readonly NodeRisk[] = [],
  more: Partial<JudgedNodeAnswer> = {},
): JudgedNodeAnswer {
  return {
    name,
    title,
    category: 'utils',
    pack,
    packPath: pack === 'comfyui' ? '/home/me/ComfyUI' : `/home/me/ComfyUI/custom_nodes/${pack}`,
    sourceHash: sha,
    risks: [...risks],
    verdict: risks.length > 0 ? 'risky' : 'allowed',
    unseen: null,
    allowedByOwner: false,
    ...more,
  }
}

const plainNames = ['KSampler', 'VAEDecode', 'CLIPTextEncode', 'LatentUpscale', 'ImageScale', 'LoadImage', 'SaveImage']
const nodes = nodeListSchema.parse({
  known: true,
  items: [
    ...Array.from({ length: 612 }, (_unused, at) => {
      const name = `${plainNames[at % plainNames.length] ?? ''}${at < plainNames.length ? '' : at}`
      return createNode('comfyui', name, name)
    }),
    createNode('comfyui', 'RegexReplace', 'Regex Replace', ['canHang']),
    createNode('comfyui', 'TrainLoraNode', 'Train LoRA', ['trains', 'savesModels']),
    createNode('comfyui', 'CheckpointSave', 'Save Checkpoint', ['savesModels']),
    createNode('comfyui', 'FluxProImageNode', 'Flux Pro Image', ['usesNetwork', 'paid']),
    createNode('comfyui-shell-tools', 'ShellCommand', 'Shell Command', ['startsPrograms', 'runsCode']),
    createNode('comfyui-shell-tools', 'RunScript', 'Run a script from a file with a long name', ['startsPrograms']),
    createNode('comfyui-video-suite', 'VideoCombine', 'Video Combine', ['startsPrograms', 'writesAnyFile'], {
      verdict: 'allowed',
      allowedByOwner: true,
    }),
    createNode('comfyui-video-suite', 'LoadVideoPath', 'Load Video (Path)', ['readsAnyFile'], {
      verdict: 'new',
      unseen: 'changed',
    }),
    createNode('was-node-pack', 'TextHelper', 'Text Helper', [], { verdict: 'new', unseen: 'new' }),
    createNode('was-node-pack', 'ImageNoise', 'Image Noise', [], { verdict: 'denied' }),
  ],
})
const looked = nodeListSchema.parse({
  ...nodes,
  items: nodes.items.map((node) => ({
    ...node,
    unseen: null,
    verdict: node.verdict === 'new' ? 'risky' : node.verdict,
  })),
})

const checkpoints = [
  'sd15-base.safetensors',
  'sdxl/turbo.safetensors',
  'sdxl/base-1.0.safetensors',
  'flux1-dev-fp8.safetensors',
  'flux1-schnell.safetensors',
  'dreamshaper_8.safetensors',
  'juggernautXL_v9.safetensors',
  'realistic-vision-v6.safetensors',
  'client-portraits-under-embargo.safetensors',
]
const models = modelFilesSchema.parse({
  items: [
    { folder: 'checkpoints', names: checkpoints },
    { folder: 'loras', names: ['add-detail.safetensors', 'watercolour.safetensors'] },
    { folder: 'embeddings', names: ['easynegative.safetensors'] },
    { folder: 'vae', names: [] },
  ],
})

const nothing = { permissions: [], nodes: [], models: [], workflows: [], routes: [] }
const creatorReach = {
  permissions: [...rolePermissions.creator],
  routes: {
    total: 95,
    reached: 73,
    fromPacks: 14,
    packsReached: [],
    unseen: [{ method: 'POST', path: '/shell-tools/run', pack: 'comfyui-shell-tools' }],
  },
  nodes: {
    total: 622,
    allowed: 613,
    refused: [
      { verdict: 'risky', risk: 'startsPrograms', count: 2, examples: ['Shell Command', 'Run a script'] },
      { verdict: 'new', risk: null, count: 2, examples: ['Text Helper', 'Load Video (Path)'] },
      { verdict: 'risky', risk: 'canHang', count: 1, examples: ['Regex Replace'] },
      { verdict: 'denied', risk: null, count: 1, examples: ['Image Noise'] },
    ],
    risky: [
      {
        name: 'VideoCombine',
        title: 'Video Combine',
        pack: 'comfyui-video-suite',
        risks: ['startsPrograms', 'writesAnyFile'],
      },
    ],
  },
  models: [
    { folder: 'checkpoints', total: 9, allowed: checkpoints.slice(0, 3), unlimited: false },
    { folder: 'loras', total: 2, allowed: ['add-detail.safetensors', 'watercolour.safetensors'], unlimited: true },
  ],
  workflows: [
    { id: 'wf00000000000001', name: 'Portrait from a photo', risky: ['Load Video (Path)'] },
    { id: 'wf00000000000002', name: 'Poster', risky: [] },
  ],
}
const preview = rolePreviewSchema.parse({ reach: creatorReach, gains: nothing, losses: nothing })
const changedPreview = rolePreviewSchema.parse({
  reach: creatorReach,
  gains: {
    ...nothing,
    permissions: ['memory'],
    nodes: [
      {
        name: 'ShellCommand',
        title: 'Shell Command',
        pack: 'comfyui-shell-tools',
        risks: ['startsPrograms', 'runsCode'],
      },
    ],
    routes: [{ method: 'POST', path: '/free', pack: 'comfyui' }],
  },
  losses: { ...nothing, models: [{ folder: 'checkpoints', names: checkpoints.slice(2) }] },
})
const probe = probeResultSchema.parse({
  refused: 812,
  let: 24,
  notSent: 61,
  left: 0,
  mismatches: [],
  wrongModels: [],
  unseenRoutes: creatorReach.routes.unseen,
  tookMs: 2140,
})
const badProbe = probeResultSchema.parse({
  ...probe,
  mismatches: [
    { method: 'POST', path: '/shell-tools/run', expected: 403, seen: 200 },
    { method: 'GET', path: '/models/loras', expected: null, seen: null },
  ],
  wrongModels: [{ folder: 'checkpoints', names: ['client-portraits-under-embargo.safetensors'] }],
  unseenRoutes: [],
})

/** What the page of roles asks for. */
export const roleAnswers = {
  'GET roles': { items: roles },
  'GET nodes': looked,
  'GET models': models,
  'POST roles/preview': preview,
  'POST roles/creator/probe': probe,
}

const path = '/gatehouse/owner/roles'
const scenario = (answers: Record<string, unknown> = {}) => ownerScenario({ ...roleAnswers, ...answers })

export const ownerRoleShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'roles', path, scenario: scenario() },
  { name: 'roles-new-nodes', path, scenario: scenario({ 'GET nodes': nodes }) },
  { name: 'roles-loading', path, scenario: scenario({ 'GET roles': pendingAnswer }) },
  {
    name: 'roles-error',
    path,
    scenario: ownerScenario(roleAnswers, {
      refusals: { 'GET roles': problem(500, 'INTERNAL_ERROR', 'Try again in a minute.') },
    }),
  },
  { name: 'roles-copy', path: `${path}?copy=creator`, scenario: scenario(), viewportOnly: true },
  { name: 'role-built-in', path: `${path}?role=user`, scenario: scenario() },
  { name: 'role-own', path: `${path}?role=evening-class`, scenario: scenario() },
  {
    name: 'role-own-save',
    path: `${path}?role=evening-class`,
    scenario: scenario({ 'POST roles/preview': changedPreview }),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('switch', { name: 'Empty the memory of the graphics card' }).press('Space')
      await page.getByRole('button', { name: 'See what changes, and save' }).click()
      await page.getByText('They gain').waitFor()
    },
  },
  { name: 'role-models', path: `${path}?role=evening-class&part=models`, scenario: scenario() },
  { name: 'role-nodes', path: `${path}?role=creator&part=nodes`, scenario: scenario({ 'GET nodes': nodes }) },
  {
    name: 'role-nodes-all',
    path: `${path}?role=creator&part=nodes`,
    scenario: scenario({ 'GET nodes': nodes }),
    viewportOnly: true,
    act: async (page) => {
      await page.getByText('All (622)').click()
      await page.getByRole('searchbox').fill('image')
    },
  },
  {
    name: 'role-nodes-allow',
    path: `${path}?role=creator&part=nodes`,
    scenario: scenario({ 'GET nodes': nodes }),
    viewportOnly: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Allow Shell Command' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'role-nodes-unknown',
    path: `${path}?role=creator&part=nodes`,
    scenario: scenario({ 'GET nodes': { known: false, items: [] } }),
  },
  { name: 'role-reach', path: `${path}?role=creator&part=reach`, scenario: scenario() },
  {
    name: 'role-probed',
    path: `${path}?role=creator&part=reach`,
    scenario: scenario(),
    act: async (page) => {
      await page.getByRole('button', { name: 'Try it out' }).click()
      await page.getByText('All 836 answers').waitFor()
    },
  },
  {
    name: 'role-probed-wrong',
    path: `${path}?role=creator&part=reach`,
    scenario: scenario({ 'POST roles/creator/probe': badProbe }),
    act: async (page) => {
      await page.getByRole('button', { name: 'Try it out' }).click()
      await page.getByText('were not what was decided').waitFor()
    },
  },
]
