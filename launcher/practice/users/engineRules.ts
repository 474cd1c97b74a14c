import { isJsonObject, memberOf, type JsonValue } from '../values/json.ts'

/** What somebody may use of what everybody shares, as the gate tells it. */
export interface EngineRules {
  /** By kind; a kind that is not named is not limited. Names with `/` between their parts. */
  readonly models: ReadonlyMap<string, readonly string[]>
  /** Classes that may run in workflows of one's own; undefined: every class. */
  readonly nodes: ReadonlySet<string> | undefined
}

/** Rules of another shape than the gate's. */
export class RulesRefused extends Error {}

/** @throws RulesRefused */
export function parseRules(value: JsonValue): EngineRules {
  if (!isJsonObject(value) || Object.keys(value).length !== 2) throw new RulesRefused('rules have models and nodes')
  const models = memberOf(value, 'models')
  const nodes = memberOf(value, 'nodes')
  if (!isJsonObject(models) || nodes === undefined) throw new RulesRefused('rules have models and nodes')
  return {
    models: new Map(Object.entries(models).map(([kind, names]) => [kind, readNames(names)])),
    nodes: nodes === null ? undefined : new Set(readNames(nodes)),
  }
}

function readNames(value: JsonValue): string[] {
  if (!Array.isArray(value)) throw new RulesRefused('names are a list')
  return value.map((name) => {
    if (typeof name !== 'string' || name === '' || name.includes('\0')) throw new RulesRefused('a name is a text')
    return name
  })
}
