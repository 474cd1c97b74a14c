import { commandLine } from '../../proxy/accounts/actedBy.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { isSettingName, settingDefinitions } from '../../proxy/contract/settings.ts'
import type { SettingName } from '../../proxy/contract/settings.ts'
import { describeSettingChanges } from '../../proxy/settings/settingChanges.ts'
import { UsageError } from '../commandContext.ts'
import type { Command, CommandContext } from '../commandContext.ts'
import { parseOptions } from '../parseOptions.ts'
import { withNewStores, withStores } from '../withStores.ts'

type Action = (argv: readonly string[], context: CommandContext) => Promise<void>

function parseName(name: string): SettingName {
  if (isSettingName(name)) return name
  throw new GateError('NOT_FOUND', `There is no setting named ${name}. All of them: "gatehouse settings list".`)
}

/** `true`, `8191`, `["a","b"]` are read as JSON where the setting does not take the text itself. */
export function parseSettingValue(name: SettingName, text: string): unknown {
  if (settingDefinitions[name].schema.safeParse(text).success) return text
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return text // refused below, with the reason
  }
}

const toText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const list: Action = async (argv, context) => {
  parseOptions(argv, {}, [])
  await withStores(context, (stores) => {
    const all = stores.settings.all()
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    context.print(context.json ? JSON.stringify(all) : lines.join('\n'))
    return Promise.resolve()
  })
}

const get: Action = async (argv, context) => {
  const [text = ''] = parseOptions(argv, {}, ['NAME']).positionals
  const name = parseName(text)
  await withStores(context, (stores) => {
    const value = stores.settings.get(name)
    context.print(context.json ? JSON.stringify(value) : toText(value))
    return Promise.resolve()
  })
}

/** What a running Gatehouse does not follow by itself. */
const notYet: Readonly<Record<(typeof settingDefinitions)[SettingName]['counts'], readonly string[]>> = {
  atOnce: [],
  nextEngineStart: ['Counts from the next start of ComfyUI.'],
  nextStart: ['Counts from the next start of Gatehouse.'],
}

/** Of a list, each word is an entry, also one that looks like an option of ours; or one word is the list as JSON. */
function parseValueWords(name: SettingName, words: readonly string[]): unknown {
  const isList = settingDefinitions[name].schema.safeParse([]).success
  if (!isList) return parseSettingValue(name, parseOptions(words, {}, ['VALUE']).positionals[0] ?? '')
  const entries = words[0] === '--' ? words.slice(1) : words
  const [only = ''] = entries
  if (entries.length === 0) throw new UsageError(`VALUE is missing. An empty list: settings set ${name} '[]'`)
  if (entries.length > 1) return entries
  if (only.trimStart().startsWith('[')) return parseSettingValue(name, only)
  // Of one quoted word nobody can tell whether it is one entry with a space in it or several.
  if (/\s/.test(only))
    throw new UsageError(`Write each entry as a word of its own, or the list as JSON: ${listExample(name)}`)
  return entries
}

const listExample = (name: SettingName): string =>
  name === 'comfyui.arguments'
    ? `settings set ${name} --cpu --preview-method auto, or '["--cpu", "--preview-method", "auto"]'`
    : `settings set ${name} '["one", "two"]'`

const set: Action = async ([text = '', ...words], context) => {
  if (text === '') throw new UsageError('NAME is missing.')
  if (words.length === 0) throw new UsageError('VALUE is missing.')
  const name = parseName(text)
  const wanted = parseValueWords(name, words)
  await withNewStores(context, async (stores) => {
    const before = stores.settings.all()
    await stores.settings.setMany({ [name]: wanted })
    const details = describeSettingChanges(before, stores.settings.all())
    stores.audit.record({ ...commandLine, event: 'setting.changed', details })
    const value = stores.settings.get(name)
    const { counts } = settingDefinitions[name]
    if (context.json) context.print(JSON.stringify({ name, value, counts }))
    else context.print([`${name} = ${JSON.stringify(value)}`, ...notYet[counts]].join('\n'))
  })
}

const actions: Readonly<Record<string, Action>> = { list, get, set }

/** `gatehouse settings …`, the way to machine settings without a window. */
export const settingsCommand: Command = {
  about: 'Settings: list shows all with their values; set says so when a new value counts only from the next start on.',
  usage: ['settings list | get NAME | set NAME VALUE…'],
  run: async ([name = '', ...argv], context) => {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) throw new UsageError(name === '' ? 'settings what?' : `There is no "settings ${name}".`)
    await action(argv, context)
    return undefined
  },
}
