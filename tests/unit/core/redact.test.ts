import { describe, expect, it } from 'vitest'
import { redact } from '../../../proxy/core/redact.ts'

describe('redaction', () => {
  const key = `gh_abcdefghijkl_${'A-_9'.repeat(21)}AB_deadbeef`
  it.each([
    [`Authorization: Bearer ${key}`, 'Authorization: Bearer [removed]'],
    [`key=${key}!`, 'key=[removed]!'],
    ['GET /ws?clientId=1&token=abc.def HTTP', 'GET /ws?clientId=1&token=[removed] HTTP'],
    ['GET /x?TOKEN=abc', 'GET /x?TOKEN=[removed]'],
    ['Authorization: Basic dXNlcjprZXk=', 'Authorization: Basic [removed]'],
    ['gatehouse.bearer.abc-def, json', 'gatehouse.bearer.[removed], json'],
    ['{"api_key_comfy_org": "comfyui-0123456789abcdef0123"}', '{"api_key_comfy_org": "[removed]"}'],
    ['comfyui-0123456789abcdef0123 used', '[removed] used'],
    ['auth_token_comfy_org=eyJhbGciOi.eyJzdWIi.sig', 'auth_token_comfy_org=[removed]'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'jwt [removed]'],
    ['X-Gatehouse-Secret: 0123', 'X-Gatehouse-Secret: [removed]'],
    ['cookie gatehouse_session=zzzzsecret; a=b', 'cookie gatehouse_session=[removed]; a=b'],
    ['__Host-gatehouse_session=zzzzsecret', '__Host-gatehouse_session=[removed]'],
    ['cookie: jwt_token=abcdef, x', 'cookie: jwt_token=[removed], x'],
    ['proxy http://mia:river@host:8080/x', 'proxy http://mia:[removed]@host:8080/x'],
  ])('of %s', (line, expected) => {
    expect(redact(line)).toBe(expected)
  })

  it.each([
    'Using comfyui-frontend-package 1.27.10',
    'basic block 3',
    'loaded token_embeddings',
    'gh_actions',
    'bearer of news',
    'http://127.0.0.1:8190/gatehouse/owner',
    'see http://host:8190/ and mail a@b.example',
  ])('leaves %s alone', (line) => {
    expect(redact(line)).toBe(line)
  })

  it('leaves a line of JSON readable, also where a secret stands in quoted JSON', () => {
    const inner = JSON.stringify({ 'x-gatehouse-secret': '0123abcd', url: `/ws?token=${key}` })
    const line = JSON.stringify({ level: 30, authorization: `Bearer ${key}`, inner, cookie: 'gatehouse_session=zzz' })
    const parsed = JSON.parse(redact(line))
    expect(JSON.parse(parsed.inner)).toEqual({ 'x-gatehouse-secret': '[removed]', url: '/ws?token=[removed]' })
    expect(parsed).toMatchObject({
      level: 30,
      authorization: 'Bearer [removed]',
      cookie: 'gatehouse_session=[removed]',
    })
  })

  it('reads 3 MB of beginnings of each kind before the test ends: strangers choose what is logged', () => {
    for (const piece of [
      'eyJ-',
      'eyJ',
      'bearer ',
      'basic\t',
      '?token=',
      '://a:',
      '"api_key_comfy_org" ',
      'gh_',
      '__Host-',
    ]) {
      const text = piece.repeat(Math.ceil(3_000_000 / piece.length))
      expect(redact(text).length).toBeGreaterThan(0)
    }
  })
})
