import type { NodeVerdict } from '../contract/nodes.ts'
import type { NodeAllowance, NodeRules } from '../contract/roleRules.ts'

/** The rules with these classes allowed exactly as they are; what was said of them before no longer holds. */
export function withAllowed(rules: NodeRules, nodes: readonly NodeAllowance[]): NodeRules {
  const keyOf = ({ name, packPath }: NodeAllowance): string => `${name}\0${packPath}`
  const anew = new Map(nodes.map((node) => [keyOf(node), node]))
  const names = new Set(nodes.map(({ name }) => name))
  return {
    ...rules,
    allowed: [...rules.allowed.filter((one) => !anew.has(keyOf(one))), ...anew.values()],
    denied: rules.denied.filter((name) => !names.has(name)),
  }
}

/**
 * The rules without any allowance of these names. `judge` says what a name is without one: what its risks forbid anyway
 * is not forbidden once more, so that its reason stays to be read.
 */
export function withForbidden(
  rules: NodeRules,
  names: readonly string[],
  judge: (name: string, rules: NodeRules) => NodeVerdict | undefined,
): NodeRules {
  const forbidden = new Set(names)
  const rest = { ...rules, allowed: rules.allowed.filter(({ name }) => !forbidden.has(name)) }
  const denied = [...forbidden].filter((name) => judge(name, rest) !== 'risky')
  return { ...rest, denied: [...new Set([...rest.denied, ...denied])] }
}
