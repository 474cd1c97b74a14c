import type { Stores } from '../proxy/accounts/stores.ts'
import type { RoleReach } from '../proxy/api/dependencies.ts'
import type { Random } from '../proxy/core/random.ts'
import type { NodeRights, PersonRules } from '../proxy/nodes/nodeRights.ts'
import type { GateDependencies } from '../proxy/pipeline/services.ts'
import { knowMadeUpFolders, MadeUpFolders } from '../proxy/probe/madeUpFolders.ts'
import { knowMadeUp, MadeUpPeople, makeUpPrincipal, withoutMadeUp } from '../proxy/probe/madeUpPeople.ts'
import { RoleProbe } from '../proxy/probe/roleProbe.ts'
import { isGranted } from '../proxy/workflows/grants.ts'
import { classOf } from '../proxy/workflows/publishedGraph.ts'
import type { WorkflowParts } from '../proxy/workflows/workflowParts.ts'
import type { ServiceOptions } from './serviceTypes.ts'

export interface MadeUp {
  readonly people: MadeUpPeople
  readonly folders: MadeUpFolders
}

/** Nobody is made up yet; what a try left that ended with the program is cleared away. */
export async function openMadeUp(
  { dataDirectory, platform }: Pick<ServiceOptions, 'dataDirectory' | 'platform'>,
  random: Random,
): Promise<MadeUp> {
  const folders = new MadeUpFolders(dataDirectory, platform)
  await folders.removeAll()
  return { people: new MadeUpPeople(random), folders }
}

/** What somebody made up may use; undefined: they are real, or nobody. */
export function findMadeUpRules(people: MadeUpPeople, accountId: string): PersonRules | undefined {
  const role = people.find(accountId)?.role
  return (
    role && {
      isAdministrator: role.id === 'administrator',
      mayBuild: role.permissions.has('graphs'),
      models: role.models,
      nodes: role.nodes,
    }
  )
}

/** What the gate is given knows people who are made up, too. */
export function knowingMadeUp(
  { people, folders }: MadeUp,
  gate: Pick<GateDependencies, 'authenticator' | 'folders' | 'audit'>,
): Pick<GateDependencies, 'authenticator' | 'folders' | 'audit'> {
  return {
    authenticator: knowMadeUp(gate.authenticator, people),
    folders: knowMadeUpFolders(gate.folders, people, folders),
    audit: withoutMadeUp(gate.audit),
  }
}

export interface ReachParts {
  readonly madeUp: MadeUp
  readonly nodes: NodeRights
  readonly workflows: Pick<WorkflowParts, 'store' | 'findRisky'>
  readonly settings: Stores['settings']
  readonly sharing: { readonly publicPort: number | undefined }
}

/** What roles reach, for the API. */
export function createRoleReach(parts: ReachParts, { clock }: Pick<ServiceOptions, 'clock'>): RoleReach {
  const { madeUp, nodes, workflows, settings } = parts
  const listModels = async (administratorId: string) => (await nodes.listModels(administratorId)) ?? []
  return {
    makeUp: (role) => makeUpPrincipal(role, { accountId: '', sessionId: '' }),
    findWorld: async (role, administratorId) => ({
      nodes: await nodes.list(role.nodes, role.id === 'administrator'),
      routes: await nodes.listRoutes(),
      models: await listModels(administratorId),
      workflows: await listGranted(workflows, role.id),
    }),
    probe: (role, administratorId) =>
      new RoleProbe({
        clock,
        madeUp: madeUp.people,
        folders: madeUp.folders,
        surroundings: {
          port: () => parts.sharing.publicPort,
          routes: () => nodes.listRoutes(),
          models: () => listModels(administratorId),
          managerFromOtherDevices: () => settings.get('comfyui.managerFromOtherDevices'),
          isForced: () => settings.get('https.force'),
        },
      }).run(role),
  }
}

async function listGranted({ store, findRisky }: ReachParts['workflows'], role: string) {
  const granted = (await store.list()).filter(({ grants }) => isGranted(grants, { accountId: '', role }))
  return Promise.all(
    granted.map(async ({ id, name }) => {
      const version = await store.findVersion(id)
      const classes = [...(version?.nodes.values() ?? [])].map(classOf)
      return { id, name, risky: [...(await findRisky([...new Set(classes)]))] }
    }),
  )
}
