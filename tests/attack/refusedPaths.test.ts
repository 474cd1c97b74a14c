import { afterEach, beforeEach, expect, it } from 'vitest'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'
import { until } from '../support/tabClient.ts'

let fixture: GateFixture
beforeEach(async () => {
  fixture = await openGateFixture()
})
afterEach(() => fixture.close())

it('a path in ComfyUI’s refusal of a job that waited is told to nobody and kept nowhere', async () => {
  const { upstream, port, queue } = fixture
  upstream.on('POST /gatehouse/companion/validate', (_request, response) =>
    response.end('{"node_errors":{},"outputs":["1"]}'),
  )
  upstream.on('POST /prompt', (_request, response) =>
    response.writeHead(400).end('{"error":{"message":"no such file: /home/owner/models/x.safetensors"}}'),
  )
  const body = '{"prompt":{"1":{"class_type":"EmptyImage","inputs":{}}}}'
  const sent = await ask(port, '/prompt', { method: 'POST', headers: bearer(tokens.creator), body })
  const { prompt_id: id } = sent.json()
  await until(() => queue.jobs.find(id) === undefined, 'the job is over')
  const { text } = await ask(port, '/history', { headers: bearer(tokens.creator) })
  expect(text).toContain('x.safetensors')
  expect(text).not.toContain('/home/owner')
  const row = await queue.database.kysely.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  expect(row.failure).toBe('no such file: …/x.safetensors')
  expect(JSON.stringify(row)).not.toContain('/home/owner')
})
