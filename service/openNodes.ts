import { rolePermissions } from '../proxy/contract/roles.ts'
import type { Role } from '../proxy/contract/roles.ts'
import { modelRulesSchema, nodeRulesSchema } from '../proxy/contract/roleRules.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import { NodeRights } from '../proxy/nodes/nodeRights.ts'
import type { PersonRules } from '../proxy/nodes/nodeRights.ts'
import { SeenStore } from '../proxy/nodes/seenStore.ts'
import type { OpenedWorkflows } from './openWorkflows.ts'
import type { ServiceOptions } from './serviceTypes.ts'

/** Which nodes and models people may use, by the roles of this data folder. */
export async function openNodes(
  stores: Stores,
  { clock, logger }: Pick<ServiceOptions, 'clock' | 'logger'>,
  { runs }: Pick<OpenedWorkflows, 'runs'>,
): Promise<NodeRights> {
  return new NodeRights({
    seen: await SeenStore.open(stores.database.kysely, clock),
    rules: {
      find: async (accountId) => {
        const account = await stores.accounts.find(accountId)
        return account && readRules(stores, account.role)
      },
      findGranted: async (accountId) => {
        const account = await stores.accounts.find(accountId)
        return account === undefined ? [] : runs.listClasses({ accountId, role: account.role })
      },
      onChange: (listener) => stores.authenticator.onCredentialsChanged(listener),
    },
    logger,
  })
}

async function readRules({ database }: Stores, id: Role): Promise<PersonRules | undefined> {
  const row = await database.kysely
    .selectFrom('roles')
    .select(['models', 'nodes'])
    .where('id', '=', id)
    .executeTakeFirst()
  return (
    row && {
      isAdministrator: id === 'administrator',
      mayBuild: rolePermissions[id].includes('graphs'),
      models: modelRulesSchema.parse(JSON.parse(row.models)),
      nodes: nodeRulesSchema.parse(JSON.parse(row.nodes)),
    }
  )
}
