import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../proxy/core/clock.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import type { EngineNode, EngineRoute } from '../../proxy/contract/nodes.ts'
import type { NodeRules } from '../../proxy/contract/roleRules.ts'
import { migrate } from '../../proxy/database/migrate.ts'
import { openDatabase } from '../../proxy/database/openDatabase.ts'
import { NodeRights } from '../../proxy/nodes/nodeRights.ts'
import type { EngineFacts } from '../../proxy/nodes/catalogReader.ts'
import type { PersonRules } from '../../proxy/nodes/nodeRights.ts'
import { SeenStore } from '../../proxy/nodes/seenStore.ts'

export const COMFYUI_ROOT = '/engine'

/** A class that ComfyUI brings along; a pack's with `pack`. */
export function makeNode(name: string, more: Partial<EngineNode> = {}): EngineNode {
  const pack = more.pack ?? 'comfyui'
  return {
    name,
    title: name,
    category: 'test',
    pack,
    packPath: pack === 'comfyui' ? COMFYUI_ROOT : `${COMFYUI_ROOT}/custom_nodes/${pack}`,
    sourceHash: '1'.repeat(64),
    risks: [],
    ...more,
  }
}

export const harmless: NodeRules = { rule: 'harmless', allowed: [], denied: [] }

export const creatorRules: PersonRules = { isAdministrator: false, mayBuild: true, models: {}, nodes: harmless }

/** What an engine says, as the test wants it. */
export class FakeFacts implements EngineFacts {
  boot: string | undefined = '1'.repeat(32)
  nodes: EngineNode[] = [makeNode('KSampler'), makeNode('SaveImage')]
  routes: EngineRoute[] = [{ method: 'GET', path: '/queue', pack: 'comfyui' }]
  replacements: Record<string, { new_node_id: string }[]> | undefined
  /** Instead of what there is; null: no answer. */
  status: number | null = 200
  readonly asked: string[] = []

  bootId(): string | undefined {
    return this.boot
  }

  ask(path: string): Promise<{ status: number; body: Buffer } | undefined> {
    this.asked.push(path)
    if (this.status === null) return Promise.resolve(undefined)
    if (this.status !== 200) return Promise.resolve({ status: this.status, body: Buffer.from('{}') })
    const body = this.#find(path)
    return Promise.resolve(
      body === undefined
        ? { status: 404, body: Buffer.from('') }
        : { status: 200, body: Buffer.from(JSON.stringify(body)) },
    )
  }

  askFor(accountId: string, path: string): Promise<{ status: number; body: Buffer } | undefined> {
    return this.ask(`${accountId} ${path}`)
  }

  #find(path: string): unknown {
    if (path === '/node_replacements') return this.replacements
    return path.endsWith('/routes') ? { routes: this.routes } : { nodes: this.nodes }
  }
}

export interface NodesFixture {
  readonly rights: NodeRights
  readonly facts: FakeFacts
  readonly people: Map<string, PersonRules>
  readonly granted: Map<string, string[]>
  /** Tells that rules or grants changed. */
  changed(): void
  /** As after a start of Gatehouse: from disk. */
  reopen(): Promise<NodeRights>
  close(): Promise<void>
}

/** Node rights over a data folder of their own and an engine that answers from memory. `cleo` is a creator. */
export async function openNodesFixture(prepare: (facts: FakeFacts) => void = () => undefined): Promise<NodesFixture> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-nodes-'))
  const database = openDatabase(join(directory, 'gatehouse.db'))
  await migrate(database, { clock: systemClock, backupsDirectory: join(directory, 'backups') })
  const people = new Map<string, PersonRules>([
    ['cleo', creatorRules],
    ['ada', { ...creatorRules, isAdministrator: true }],
  ])
  const granted = new Map<string, string[]>()
  const listeners = new Set<() => void>()
  const facts = new FakeFacts()
  prepare(facts)
  const opened: NodeRights[] = []
  const reopen = async (): Promise<NodeRights> => {
    const rights = new NodeRights({
      seen: await SeenStore.open(database.kysely, systemClock),
      rules: {
        find: (accountId) => Promise.resolve(people.get(accountId)),
        findGranted: (accountId) => Promise.resolve(granted.get(accountId) ?? []),
        onChange: (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
      },
      logger: silentLogger,
      retryMs: 5,
    })
    opened.push(rights)
    rights.attach(facts)
    return rights
  }
  return {
    rights: await reopen(),
    facts,
    people,
    granted,
    changed: () => {
      for (const listener of listeners) listener()
    },
    reopen,
    close: async () => {
      for (const rights of opened) await rights.close()
      await database.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
