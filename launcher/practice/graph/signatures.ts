import { createHash } from 'node:crypto'
import type { UserFolders, NodeClass } from '../nodes/nodeClass.ts'
import { memberOf, stringifyJson, type JsonObject } from '../values/json.ts'
import { classTypeOf, findLink, inputsOf, sourcesOf } from './promptGraph.ts'

/**
 * A signature for each node of one user's prompt: equal when class, fingerprint and plain inputs of the node and all
 * its ancestors are equal. Nodes that must run again get one that never occurs twice.
 */
export async function computeSignatures(
  prompt: JsonObject,
  classes: ReadonlyMap<string, NodeClass>,
  folders: UserFolders,
): Promise<Map<string, string>> {
  const signatures = new Map<string, string>()
  for (const id of listAncestorsFirst(prompt)) {
    const nodeClass = classes.get(classTypeOf(prompt, id))
    signatures.set(id, nodeClass ? await sign(prompt, id, { nodeClass, folders, signatures }) : makeUnique())
  }
  return signatures
}

interface SigningContext {
  readonly nodeClass: NodeClass
  readonly folders: UserFolders
  readonly signatures: ReadonlyMap<string, string>
}

async function sign(prompt: JsonObject, id: string, context: SigningContext): Promise<string> {
  const { nodeClass, folders, signatures } = context
  const inputs = inputsOf(prompt, id)
  const types = await nodeClass.inputTypes(folders)
  const usesNodeId = Object.values(types.hidden ?? {}).includes('UNIQUE_ID')
  const parts = [nodeClass.name, await findFingerprint(nodeClass, inputs, folders), usesNodeId ? id : '']
  for (const name of Object.keys(inputs).sort()) {
    const value = memberOf(inputs, name) ?? null
    const link = findLink(value)
    // A source without a signature is missing or part of a cycle.
    const source = link && (signatures.get(link.nodeId) ?? makeUnique())
    parts.push(name, link ? `link ${source ?? ''} ${link.slot}` : `value ${stringifyJson(value)}`)
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

async function findFingerprint(nodeClass: NodeClass, inputs: JsonObject, folders: UserFolders): Promise<string> {
  if (!nodeClass.fingerprint) return ''
  try {
    return (await nodeClass.fingerprint(inputs, folders)) ?? makeUnique()
  } catch {
    // An unreadable file: the node runs and says so itself.
    return makeUnique()
  }
}

/** Iterative: a chain may be longer than the stack. */
function listAncestorsFirst(prompt: JsonObject): string[] {
  const ordered: string[] = []
  const seen = new Set<string>()
  for (const start of Object.keys(prompt)) {
    const stack: { id: string; entered: boolean }[] = [{ id: start, entered: false }]
    for (let step = stack.pop(); step; step = stack.pop()) {
      if (step.entered) ordered.push(step.id)
      else if (!seen.has(step.id) && Object.hasOwn(prompt, step.id)) {
        seen.add(step.id)
        stack.push({ id: step.id, entered: true })
        for (const source of sourcesOf(prompt, step.id)) stack.push({ id: source, entered: false })
      }
    }
  }
  return ordered
}

let uniqueCount = 0

function makeUnique(): string {
  return `unique ${++uniqueCount}`
}
