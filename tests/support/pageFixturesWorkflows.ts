import { roleAnswerSchema } from '../../proxy/contract/roleRules.ts'
import { rolePermissions, roles, roleWords } from '../../proxy/contract/roles.ts'
import { inspectedWorkflowSchema, managedWorkflowSchema, workflowInputSchema } from '../../proxy/contract/workflows.ts'
import type { ManagedWorkflow, WorkflowInput } from '../../proxy/contract/workflows.ts'

const minuteMs = 60_000
const ago = (elapsedMs: number): string => new Date(Date.parse('2026-11-23T09:30:00.000Z') - elapsedMs).toISOString()
const list = <Item>(items: readonly Item[]) => ({ items, nextCursor: null })

export const roleAnswers = roles.map((id) =>
  roleAnswerSchema.parse({
    id,
    ...roleWords[id],
    base: id,
    builtIn: true,
    permissions: rolePermissions[id],
    models: {},
    nodes: { rule: id === 'administrator' ? 'all' : 'harmless', allowed: [], denied: [] },
    people: 1,
  }),
)

/** What ComfyUI's own first workflow is made of. */
export const prompt = {
  '3': {
    class_type: 'KSampler',
    inputs: { seed: 156680208700286, steps: 20, cfg: 8, sampler_name: 'euler', model: ['4', 0] },
    _meta: { title: 'KSampler' },
  },
  '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'dreamshaper_8.safetensors' } },
  '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 768, batch_size: 1 } },
  '6': {
    class_type: 'CLIPTextEncode',
    inputs: { text: 'a heron in the reeds' },
    _meta: { title: 'What is to be seen' },
  },
  '9': { class_type: 'SaveImage', inputs: { filename_prefix: 'heron', images: ['3', 0] } },
}

const inputs: readonly WorkflowInput[] = [
  {
    key: '6.text',
    label: 'Text',
    hint: '',
    kind: 'text',
    multiline: true,
    maxLength: 4000,
    default: 'a heron in the reeds, morning light',
  },
  { key: '5.width', label: 'Width', hint: '', kind: 'integer', min: 16, max: 16384, step: 8, default: 512 },
  { key: '5.height', label: 'Height', hint: '', kind: 'integer', min: 16, max: 16384, step: 8, default: 768 },
  {
    key: '3.seed',
    label: 'Seed',
    hint: '',
    kind: 'seed',
    min: '0',
    max: '18446744073709551615',
    default: '156680208700286',
  },
  { key: '3.steps', label: 'Steps', hint: '', kind: 'integer', min: 1, max: 10000, step: 1, default: 20 },
  { key: '3.cfg', label: 'Cfg', hint: '', kind: 'number', min: 0, max: 100, step: 0.1, default: 8 },
  {
    key: '3.sampler_name',
    label: 'Sampler name',
    hint: '',
    kind: 'choice',
    choices: ['euler', 'euler_ancestral', 'heun', 'dpm_2', 'dpmpp_2m', 'dpmpp_sde', 'ddim', 'uni_pc'],
    default: 'euler',
  },
  {
    key: '4.ckpt_name',
    label: 'Ckpt name',
    hint: '',
    kind: 'choice',
    choices: ['dreamshaper_8.safetensors', 'sd_xl_base_1.0.safetensors', 'v1-5-pruned-emaonly.safetensors'],
    default: 'dreamshaper_8.safetensors',
  },
  {
    key: '9.filename_prefix',
    label: 'Filename prefix',
    hint: '',
    kind: 'text',
    multiline: false,
    maxLength: 200,
    default: 'heron',
  },
].map((input) => workflowInputSchema.parse(input))

export const inspected = inspectedWorkflowSchema.parse({
  possibleInputs: inputs,
  suggested: ['6.text', '5.width', '5.height', '3.seed', '3.steps'],
  nodes: 7,
  riskyNodes: [],
  problem: null,
})

function createWorkflow(number: number, name: string, rest: Partial<ManagedWorkflow> = {}): ManagedWorkflow {
  return managedWorkflowSchema.parse({
    id: `workflow${String(number).padStart(8, '0')}`,
    name,
    description: '',
    version: 1,
    publishedAt: ago(3 * 24 * 60 * minuteMs),
    hasPicture: false,
    inputs: inputs.slice(0, 5),
    problem: null,
    grants: { public: false, roles: ['user', 'creator'], people: [] },
    possibleInputs: inputs,
    timesRun: 0,
    nodes: 7,
    riskyNodes: [],
    versions: [{ version: 1, publishedAt: ago(3 * 24 * 60 * minuteMs), publishedBy: 'Owner' }],
    ...rest,
  })
}

export const words = createWorkflow(1, 'Picture from words', {
  description: 'Write what you want to see. It takes about half a minute.',
  version: 2,
  hasPicture: true,
  timesRun: 1204,
  grants: { public: true, roles: [], people: [] },
  versions: [
    { version: 1, publishedAt: ago(9 * 24 * 60 * minuteMs), publishedBy: 'Owner' },
    { version: 2, publishedAt: ago(3 * 24 * 60 * minuteMs), publishedBy: 'Owner' },
  ],
})

export const workflows: readonly ManagedWorkflow[] = [
  words,
  createWorkflow(2, 'Sharper and larger', { hasPicture: true, timesRun: 1 }),
  createWorkflow(3, 'Farbenprächtige Landschaftspanoramen mit Wetterstimmung aus Skizzen', {
    problem: 'The model “juggernautXL_v9Rundiffusionphoto2.safetensors” is missing.',
    grants: { public: false, roles: ['user'], people: ['account000000002'] },
    version: 12,
  }),
  createWorkflow(4, 'Sketch to picture', {
    grants: { public: false, roles: [], people: [] },
    riskyNodes: ['LoadImageFromUrl'],
  }),
]

export const workflowAnswers = {
  'GET workflows': list(workflows),
  'GET workflows/drafts': { items: [] },
  'GET roles': list(roleAnswers),
}
