import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { ask } from '../support/httpClient.ts'

let fixture: GateFixture
beforeAll(async () => {
  fixture = await openGateFixture()
})
afterAll(() => fixture.close())
beforeEach(() => {
  fixture.upstream.started.length = 0
  fixture.upstream.seen.length = 0
})

const store = (path: string, body: string, contentType = 'text/plain;charset=UTF-8') =>
  ask(fixture.port, path, { method: 'POST', headers: { 'content-type': contentType, ...bearer(tokens.creator) }, body })

describe('settings that no page can read again', () => {
  it.each([
    ['/settings', '{"a":NaN}'],
    ['/settings', '{"a":-Infinity}'],
    ['/api/settings', '{"a":1e999}'],
    ['/settings', '{"a":"\\ud800"}'],
    ['/settings', '{"a":1,"a":2}'],
    ['/settings', '{"__proto__":{"a":1}}'],
    ['/settings', '[]'],
    ['/settings', ''],
    ['/settings', '['.repeat(100_000)],
    ['/settings/a', 'NaN'],
    ['/api/settings/a', '[NaN]'],
    ['/settings/__proto__', '{}'],
    ['/settings/%5f_proto__', '{}'],
  ])('case 52: are never stored: POST %s %s', async (path, body) => {
    expect((await store(path, body)).status).toBe(400)
    expect(fixture.upstream.started.filter((line) => line.startsWith('POST'))).toEqual([])
  })

  it('are never stored in a charset that only the engine reads', async () => {
    const body = '{"a":+AE4AYQBO-}'
    expect((await store('/settings', body, 'application/json; charset=utf-7')).status).toBe(400)
    expect((await store('/settings', '{"a":"+AE4-"}', 'text/plain; charset=utf-7')).status).toBe(200)
    expect(fixture.upstream.seen.at(-1)?.headers['content-type']).toBe('application/json; charset=utf-8')
  })

  it('case 52: are never stored by their sheer size', async () => {
    const answer = await store('/settings/a', `"${'x'.repeat(1024 * 1024)}"`)
    expect(answer.status).toBe(413)
    expect(fixture.upstream.started.filter((line) => line.startsWith('POST'))).toEqual([])
  })

  it('are not those of an ordinary page', async () => {
    const body = '{"Comfy.Zoom":1.10,"Comfy.Seed":18446744073709551615,"text":"ä \\u00e4 \\n","list":[null,true]}'
    expect((await store('/settings', body)).status).toBe(200)
    expect(fixture.upstream.seen.at(-1)?.body.toString()).toBe(
      '{"Comfy.Zoom":1.10,"Comfy.Seed":18446744073709551615,"text":"ä ä \\n","list":[null,true]}',
    )
    expect((await store('/settings/Comfy.Locale', '"de"')).status).toBe(200)
    expect(fixture.upstream.seen.at(-1)?.body.toString()).toBe('"de"')
  })
})
