import { describe, expect, it } from 'vitest'
import { findPresentedCredential, selectSubprotocol } from '../../../proxy/http/credentials.ts'
import type { CredentialSources } from '../../../proxy/http/credentials.ts'

const nothing: CredentialSources = {
  authorization: undefined,
  cookie: undefined,
  subprotocols: undefined,
  queryToken: undefined,
  upgrade: false,
  cookieName: 'gatehouse_session',
  fromBrowser: false,
}
const find = (sources: Partial<CredentialSources>) => findPresentedCredential({ ...nothing, ...sources })
const all = { cookie: 'gatehouse_session=c', subprotocols: 'x, gatehouse.bearer.p', queryToken: 'q', upgrade: true }

describe('findPresentedCredential', () => {
  it('takes the first present in the order Authorization, subprotocol, query, cookie', () => {
    expect(find({ ...all, authorization: 'Bearer a' })).toEqual({ kind: 'bearer', token: 'a' })
    expect(find(all)).toEqual({ kind: 'subprotocol', token: 'p' })
    expect(find({ ...all, subprotocols: undefined })).toEqual({ kind: 'queryToken', token: 'q' })
    expect(find({ cookie: 'a=b; gatehouse_session=c; d=e' })).toEqual({ kind: 'sessionCookie', token: 'c' })
    expect(find({})).toBeUndefined()
  })

  it('reads Basic as name and key', () => {
    const authorization = `Basic ${Buffer.from('mia:gh_a:b').toString('base64')}`
    expect(find({ authorization })).toEqual({ kind: 'basic', userName: 'mia', key: 'gh_a:b' })
  })

  it.each([
    'Bearer',
    'Bearer ',
    'Digest x',
    'Basic',
    'Basic %%%',
    `Basic ${Buffer.from('nokey').toString('base64')}`,
    `Basic ${Buffer.from(':k').toString('base64')}`,
    '',
  ])('refuses the header %j and looks at nothing else', (authorization) => {
    expect(() => find({ ...all, authorization })).toThrow()
  })

  it('refuses a token in the address of an ordinary request', () => {
    expect(() => find({ queryToken: 'q', cookie: 'gatehouse_session=c' })).toThrow('header "Authorization')
  })

  it('ignores a subprotocol on an ordinary request', () => {
    expect(find({ subprotocols: 'gatehouse.bearer.p' })).toBeUndefined()
  })

  it('refuses two keys and two cookies of one name', () => {
    expect(() => find({ subprotocols: 'gatehouse.bearer.a, gatehouse.bearer.b', upgrade: true })).toThrow()
    expect(() => find({ cookie: 'gatehouse_session=a; gatehouse_session=b' })).toThrow()
  })

  it('knows under TLS only the name that plain HTTP cannot set', () => {
    expect(find({ cookie: 'gatehouse_session=a', cookieName: '__Host-gatehouse_session' })).toBeUndefined()
    expect(find({ cookie: '__Host-gatehouse_session=a', cookieName: '__Host-gatehouse_session' })).toEqual({
      kind: 'sessionCookie',
      token: 'a',
    })
    expect(find({ cookie: '__Host-gatehouse_session=a' })).toBeUndefined()
  })
})

describe('selectSubprotocol', () => {
  it('answers with one that was offered, without the key where it can', () => {
    expect(selectSubprotocol(['gatehouse.bearer.k'])).toBe('gatehouse.bearer.k')
    expect(selectSubprotocol(['gatehouse.bearer.k', 'gatehouse'])).toBe('gatehouse')
    expect(selectSubprotocol([])).toBe(false)
  })
})
