import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { EngineRules } from '../../../proxy/contract/nodes.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { Upstream } from '../../../proxy/forward/upstream.ts'
import { EngineUsers } from '../../../proxy/pipeline/engineUsers.ts'

const BOB = 'bobbobbobbobbobb'
const NARROW: EngineRules = { models: { loras: ['mine'] }, nodes: ['A'] }
const WIDE: EngineRules = { models: {}, nodes: null }
const folders = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }
const bodySchema = z.object({ rules: z.unknown(), order: z.number() })

let server: Server
let upstream: Upstream
let told: z.infer<typeof bodySchema>[]
let answer: (response: ServerResponse) => void
let rules: EngineRules
let folderWait: Promise<void>
let users: EngineUsers

beforeEach(async () => {
  told = []
  answer = accept
  rules = NARROW
  folderWait = Promise.resolve()
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (request.method === 'PUT') told.push(bodySchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8'))))
      answer(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  upstream = new Upstream({ port: address.port, bootId: '1'.repeat(32), secret: 'a'.repeat(64) })
  const ensure = async () => {
    await folderWait
    return folders
  }
  const sources = {
    folders: { ensure, clearTemp: () => Promise.resolve() },
    rules: { find: () => Promise.resolve(rules) },
  }
  users = new EngineUsers(sources, silentLogger, { unreachable: () => undefined })
})
afterEach(async () => {
  await upstream.close()
  server.closeAllConnections()
  server.close()
})

const accept = (response: ServerResponse): void => {
  response.writeHead(204).end()
}
const loseAnswer = (response: ServerResponse): void => {
  response.socket?.destroy()
}
const held = (): unknown => told.at(-1)?.rules

describe('what the engine holds of somebody', () => {
  it('a widening whose answer was lost does not outlive its taking back', async () => {
    await users.introduce(upstream, BOB)
    answer = loseAnswer
    rules = WIDE
    await users.rulesChanged(upstream)
    expect(held()).toEqual(WIDE)
    answer = accept
    rules = NARROW
    await users.rulesChanged(upstream)
    expect(held()).toEqual(NARROW)
  })

  it('a first telling whose answer was lost is looked at again when rules change', async () => {
    answer = loseAnswer
    rules = WIDE
    await expect(users.introduce(upstream, BOB)).rejects.toThrow()
    answer = accept
    rules = NARROW
    await users.rulesChanged(upstream)
    expect(held()).toEqual(NARROW)
  })

  it('a narrowing during the first telling holds before the request that began it goes on', async () => {
    let release = (): void => undefined
    folderWait = new Promise((resolve) => {
      release = resolve
    })
    rules = WIDE
    const first = users.introduce(upstream, BOB)
    // The rules were read by then, and the folders are waited for.
    await Promise.resolve()
    await Promise.resolve()
    rules = NARROW
    const changed = users.rulesChanged(upstream)
    release()
    await first
    expect(told.map((body) => body.rules)).toEqual([WIDE, NARROW])
    await changed
  })

  it('a narrowing during the first telling reaches the engine without any further request', async () => {
    let release = (): void => undefined
    folderWait = new Promise((resolve) => {
      release = resolve
    })
    rules = WIDE
    const first = users.introduce(upstream, BOB)
    await Promise.resolve()
    await Promise.resolve()
    rules = NARROW
    const changed = users.rulesChanged(upstream)
    release()
    await changed
    expect(held()).toEqual(NARROW)
    await first
  })

  it('a telling that was given up is told apart from the later one: each has a greater number', async () => {
    await users.introduce(upstream, BOB)
    rules = WIDE
    await users.rulesChanged(upstream)
    await users.introduce(upstream, 'anneanneanneanne')
    const orders = told.map(({ order }) => order)
    expect(orders).toEqual([...new Set(orders)].sort((one, other) => one - other))
    expect(orders).toHaveLength(3)
  })

  it('old_rules: is told again with a greater number than the engine knows', async () => {
    answer = (response) => {
      if ((told.at(-1)?.order ?? 0) > 41) accept(response)
      else response.writeHead(409).end('{"error":"old_rules","message":"","last":41}')
    }
    await users.introduce(upstream, BOB)
    expect(told.map(({ order }) => order)).toEqual([1, 42])
    expect(users.introduce(upstream, BOB)).toBeUndefined()
  })

  it('old_rules: an engine that never takes a number is no loop, and nothing is sent for the person', async () => {
    answer = (response) => {
      response.writeHead(409).end('{"error":"old_rules","message":"","last":9007199254740991}')
    }
    await expect(users.introduce(upstream, BOB)).rejects.toThrow()
    expect(told).toHaveLength(3)
  })

  it('is not told twice when nothing changed', async () => {
    await users.introduce(upstream, BOB)
    await users.rulesChanged(upstream)
    await users.introduce(upstream, BOB)
    expect(told).toHaveLength(1)
  })
})
