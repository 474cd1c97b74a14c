import { managedWorkflowSchema, workflowInputSchema } from '../../proxy/contract/workflows.ts'
import type { ManagedWorkflow, WorkflowInput } from '../../proxy/contract/workflows.ts'
import { runCli } from './desktopCli.ts'
import type { ServedGatehouse } from './servedGatehouse.ts'

/** Whoever publishes in a served gate: an administrator's key that may administer. */
export interface Publisher {
  ask(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly json: any }>
  /** For all Users. */
  readonly publish: (workflow: {
    readonly name: string
    readonly description?: string
    readonly prompt: object
    readonly inputs?: readonly object[]
  }) => Promise<ManagedWorkflow>
}

export async function openPublisher(gatehouse: ServedGatehouse, administrator: string): Promise<Publisher> {
  const command = ['key', 'create', '--user', administrator, '--name', 'publisher', '--scopes', 'administer,run,read']
  const secret = (await runCli(gatehouse.dataDirectory, command)).stdout.trim()
  const ask: Publisher['ask'] = async (method, path, body) => {
    const answer = await fetch(new URL(`gatehouse/api/v1/${path}`, gatehouse.url), {
      method,
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, json: text === '' ? undefined : JSON.parse(text) }
  }
  return {
    ask,
    publish: async (workflow) => {
      const { status, json } = await ask('POST', 'workflows', {
        ...workflow,
        grants: { public: false, roles: ['user'], people: [] },
      })
      if (status !== 201) throw new Error(`it was not published: ${JSON.stringify(json)}`)
      return managedWorkflowSchema.parse(json)
    },
  }
}

/** What may be changed of `quickPrompt` on the practice engine: its text and its seed. */
export const quickInputs: readonly WorkflowInput[] = [
  { key: '1.text', label: 'What to draw', kind: 'text', multiline: true, maxLength: 400, default: 'a lake' },
  { key: '1.seed', label: 'Seed', kind: 'seed', min: '0', max: '18446744073709551615', default: '7' },
].map((input) => workflowInputSchema.parse(input))
