import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { permissions, permissionWords } from '../../proxy/contract/permissions.ts'
import { createRoleSchema, permissionSchema } from '../../proxy/contract/roleRules.ts'
import { UsageError } from '../commandContext.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseOptions } from '../parseOptions.ts'
import { formatTable } from '../table.ts'
import { withStores } from '../withStores.ts'

type Action = (argv: readonly string[], context: CommandContext) => Promise<void>

const list: Action = async (argv, context) => {
  parseOptions(argv, {}, [])
  await withStores(context, async ({ roles }) => {
    const people = await roles.countPeople()
    const described = (await roles.list()).map(({ id, title, permissions: given }) => ({
      id,
      title,
      permissions: [...given],
      people: people.get(id) ?? 0,
    }))
    const rows = described.map((role) => [role.id, role.title, String(role.people), role.permissions.join(', ')])
    context.print(context.json ? JSON.stringify(described) : formatTable(['ROLE', 'NAME', 'PEOPLE', 'MAY'], rows))
  })
}

const create: Action = async (argv, context) => {
  const { values, positionals } = parseOptions(argv, { copy: 'string' }, ['NAME'])
  const parsed = createRoleSchema.safeParse({ title: positionals[0], copyOf: values.copy })
  if (!parsed.success) throw new UsageError('A role has a NAME and is made with --copy of another role.')
  await withStores(context, async ({ roles }) => {
    const { id, title } = await roles.create(parsed.data, commandLine)
    context.print(
      context.json ? JSON.stringify({ id, title }) : `${title} is there. Give it with: user set-role NAME ${id}`,
    )
  })
}

/** What it may from then on, and nothing else. */
const allow: Action = async (argv, context) => {
  const { values, positionals } = parseOptions(argv, { only: 'string' }, ['ROLE'])
  const [id = ''] = positionals
  const wanted = (values.only ?? '').split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]))
  const parsed = permissionSchema.array().safeParse(wanted)
  if (values.only === undefined || !parsed.success) {
    throw new UsageError(`Permissions are a list of ${permissions.join(', ')}, with commas.`)
  }
  await withStores(context, async ({ roles }) => {
    const role = await roles.change(id, { permissions: parsed.data }, commandLine)
    const words = [...role.permissions].map((permission) => permissionWords[permission])
    if (context.json) context.print(JSON.stringify({ id, permissions: [...role.permissions] }))
    else
      context.print(
        words.length === 0 ? `${role.title} may do nothing now.` : `${role.title} may: ${words.join('; ')}.`,
      )
  })
}

const remove: Action = async (argv, context) => {
  const [id = ''] = parseOptions(argv, {}, ['ROLE']).positionals
  await withStores(context, async ({ roles }) => {
    await roles.remove(id, commandLine)
    context.print(context.json ? JSON.stringify({ id }) : `${id} was removed.`)
  })
}

const actions: Readonly<Record<string, Action>> = { list, create, allow, remove }

/** `gatehouse role …` */
export const roleCommand: Command = {
  about: 'Roles: which there are, and copies of them that are yours to change. The window says what each reaches.',
  usage: ['role list | create NAME --copy ROLE | remove ROLE', 'role allow ROLE --only PERMISSION,PERMISSION,…'],
  run: async ([name = '', ...argv], context) => {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) throw new UsageError(name === '' ? 'role what?' : `There is no "role ${name}".`)
    await action(argv, context)
    return undefined
  },
}
