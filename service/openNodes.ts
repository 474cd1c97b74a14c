import type { RoleId } from '../proxy/contract/roles.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import { NodeRights } from '../proxy/nodes/nodeRights.ts'
import type { PersonRules } from '../proxy/nodes/nodeRights.ts'
import { holds } from '../proxy/policy/rights.ts'
import type { MadeUpPeople } from '../proxy/probe/madeUpPeople.ts'
import { SeenStore } from '../proxy/nodes/seenStore.ts'
import { findMadeUpRules } from './openReach.ts'
import type { OpenedWorkflows } from './openWorkflows.ts'
import type { ServiceOptions } from './serviceTypes.ts'

/** Which nodes and models people may use, by the roles of this data folder. */
export async function openNodes(
  stores: Stores,
  { clock, logger }: Pick<ServiceOptions, 'clock' | 'logger'>,
  { runs }: Pick<OpenedWorkflows, 'runs'>,
  madeUp?: MadeUpPeople,
): Promise<NodeRights> {
  return new NodeRights({
    seen: await SeenStore.open(stores.database.kysely, clock),
    rules: {
      find: async (accountId) => {
        const rules = madeUp && findMadeUpRules(madeUp, accountId)
        if (rules !== undefined) return rules
        const account = await stores.accounts.find(accountId)
        return account && readRules(stores, account.role)
      },
      findGranted: async (accountId) => {
        const role = madeUp?.find(accountId)?.role.id ?? (await stores.accounts.find(accountId))?.role
        return role === undefined ? [] : runs.listClasses({ accountId, role })
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
