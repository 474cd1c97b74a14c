import { readFile } from 'node:fs/promises'
import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { isObject } from '../../proxy/comfyui/losslessJson.ts'
import type { JsonObject } from '../../proxy/comfyui/losslessJson.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { roleIdSchema } from '../../proxy/contract/roleRules.ts'
import { workflowNameSchema } from '../../proxy/contract/workflows.ts'
import type { WorkflowGrants, WorkflowInput } from '../../proxy/contract/workflows.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { hasCode } from '../../proxy/core/systemErrors.ts'
import { findPossibleInputs } from '../../proxy/workflows/possibleInputs.ts'
import { checkGraph, preparePublication, readLosslessBody } from '../../proxy/workflows/publication.ts'
import type { WorkflowRecord } from '../../proxy/workflows/workflowRows.ts'
import type { WorkflowStore } from '../../proxy/workflows/workflowStore.ts'
import { openWorkflows } from '../../service/openWorkflows.ts'
import { UsageError } from '../commandContext.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseOptions } from '../parseOptions.ts'
import { formatTable } from '../table.ts'
import { withStores } from '../withStores.ts'

type Action = (argv: readonly string[], context: CommandContext) => Promise<void>

const MAX_FILE_BYTES = 16 * 1024 * 1024

const withStore = (
  context: CommandContext,
  work: (store: WorkflowStore, maxNodes: number) => Promise<void>,
): Promise<void> =>
  withStores(context, async (stores) => {
    const { store } = openWorkflows(stores, { clock: systemClock, random: systemRandom })
    await work(store, stores.settings.get('limits.promptNodes'))
  })

async function readGraphFile(file: string): Promise<JsonObject> {
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EISDIR') && !hasCode(error, 'EACCES')) throw error
    throw new GateError('NOT_FOUND', `${file} cannot be read.`, { cause: error })
  }
  if (bytes.length > MAX_FILE_BYTES) throw new GateError('BODY_TOO_LARGE', `${file} has more than 16 MB.`)
  const value = readLosslessBody(bytes)
  // What was recorded from a client is the whole of its request.
  const prompt = value.get('prompt')
  return isObject(prompt) && prompt.get('class_type') === undefined ? prompt : value
}

/** Without ComfyUI bounds are known only of names that mean the same everywhere. */
function chooseInputs(nodes: JsonObject, editable: string | undefined): readonly WorkflowInput[] | undefined {
  if (editable === undefined) return undefined
  const { inputs } = findPossibleInputs(nodes, undefined)
  return editable.split(',').map((text) => {
    const key = text.trim()
    const input = inputs.find((one) => one.key === key)
    if (input !== undefined) return input
    throw new GateError(
      'VALIDATION_FAILED',
      `What “${key}” may be only ComfyUI knows, and the command line does not ask it. Publish it in Gatehouse’s window, or ` +
        `leave it out. Known here: ${inputs.map((one) => one.key).join(', ') || 'nothing'}.`,
    )
  })
}

function parseName(name: string | undefined): string {
  if (name === undefined) throw new UsageError('--name NAME is missing.')
  const parsed = workflowNameSchema.safeParse(name)
  if (!parsed.success) throw new UsageError(parsed.error.issues[0]?.message ?? 'This name does not fit.')
  return parsed.data
}

/** undefined: as it is, or for users when it is new. */
function parseGrants(isPublic: boolean | undefined, roles: string | undefined): WorkflowGrants | undefined {
  if (isPublic === undefined && roles === undefined) return undefined
  const parsed = roleIdSchema.array().safeParse(roles?.split(',').map((role) => role.trim()) ?? [])
  if (!parsed.success) throw new UsageError('--roles is a list of roles, with commas.')
  return { public: isPublic === true, roles: parsed.data, people: [] }
}

const toAnswer = ({ id, name, version, grants, inputs }: WorkflowRecord) => ({
  ...{ id, name, version, public: grants.public, roles: grants.roles, people: grants.people },
  editable: inputs.map(({ key }) => key),
})

/** A name that is there already gets another version of its workflow. */
const publish: Action = async (argv, context) => {
  const types = { name: 'string', editable: 'string', public: 'boolean', roles: 'string' } as const
  const { values, positionals } = parseOptions(argv, types, ['FILE.json'])
  const name = parseName(values.name)
  const grants = parseGrants(values.public, values.roles)
  const graph = await readGraphFile(positionals[0] ?? '')
  await withStore(context, async (store, maxNodes) => {
    const nodes = checkGraph(graph, maxNodes)
    const publication = preparePublication({ nodes, canvas: null }, undefined, chooseInputs(nodes, values.editable))
    const known = await store.findByName(name)
    const record = await (known === undefined
      ? store.publish({ name, description: '', grants: grants ?? forUsers, publication }, commandLine)
      : store.publishAnew(known.id, publication, commandLine))
    // People are named in the window alone: they stay.
    const changed = known && grants && { grants: { ...grants, people: known.grants.people } }
    const shown = changed ? await store.change(record.id, changed, commandLine) : record
    context.print(context.json ? JSON.stringify(toAnswer(shown)) : describePublished(shown))
  })
}

const forUsers: WorkflowGrants = { public: false, roles: ['user'], people: [] }

function describePublished({ name, version, inputs, grants }: WorkflowRecord): string {
  const editable = inputs.length === 0 ? 'Nothing of it' : inputs.map(({ key }) => key).join(', ')
  return `${name} is published as version ${version}. ${editable} may be changed. ${describeGrants(grants)} may run it.`
}

function describeGrants({ public: isPublic, roles, people }: WorkflowGrants): string {
  if (isPublic) return 'Everybody'
  const named = [...roles, ...(people.length === 0 ? [] : [`${people.length} people`])]
  return named.length === 0 ? 'Only administrators' : named.join(', ')
}

const list: Action = async (argv, context) => {
  parseOptions(argv, {}, [])
  await withStore(context, async (store) => {
    const records = await store.list()
    if (context.json) {
      context.print(JSON.stringify(records.map(toAnswer)))
      return
    }
    const rows = records.map((record) => [
      record.name,
      String(record.version),
      describeGrants(record.grants),
      record.inputs.map(({ key }) => key).join(', '),
    ])
    const header = ['NAME', 'VERSION', 'WHO MAY RUN IT', 'WHAT MAY BE CHANGED']
    context.print(rows.length === 0 ? 'Nothing is published.' : formatTable(header, rows))
  })
}

const unpublish: Action = async (argv, context) => {
  const [name = ''] = parseOptions(argv, {}, ['NAME']).positionals
  await withStore(context, async (store) => {
    const record = await store.getByName(name)
    await store.remove(record.id, commandLine)
    context.print(context.json ? JSON.stringify(toAnswer(record)) : `${record.name} is not published any more.`)
  })
}

const actions: Readonly<Record<string, Action>> = { publish, list, unpublish }

/** `gatehouse workflow …` */
export const workflowCommand: Command = {
  about: 'Workflows that others run and do not change. The same name again makes a new version.',
  usage: [
    'workflow publish FILE.json --name NAME [--editable NODE.INPUT,…] [--public] [--roles user,guest]',
    'workflow list | unpublish NAME',
  ],
  run: async ([name = '', ...argv], context) => {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) throw new UsageError(name === '' ? 'workflow what?' : `There is no "workflow ${name}".`)
    await action(argv, context)
    return undefined
  },
}
