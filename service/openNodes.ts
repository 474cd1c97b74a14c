import type { RoleId } from '../proxy/contract/roles.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import { NodeRights } from '../proxy/nodes/nodeRights.ts'
import type { PersonRules } from '../proxy/nodes/nodeRights.ts'
import { holds } from '../proxy/policy/rights.ts'
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

async function readRules({ roles }: Stores, id: RoleId): Promise<PersonRules | undefined> {
  const role = await roles.find(id)
  return (
    role && {
      isAdministrator: id === 'administrator',
      mayBuild: holds({ role: id, permissions: role.permissions }, 'graphs'),
      models: role.models,
      nodes: role.nodes,
    }
  )
}
