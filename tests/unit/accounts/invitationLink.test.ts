import { describe, expect, it } from 'vitest'
import { findInvitationAddress, findInvitationToken, toInvitationLink } from '../../../proxy/contract/invitations.ts'

const token = 'T'.repeat(43)
const shared = { on: true, encrypted: false, codeUrl: 'http://192.168.1.20:8190/', primaryUrl: 'http://pc.local:8190/' }

describe('the link of an invitation', () => {
  it.each([
    ['by address', shared, `http://192.168.1.20:8190/gatehouse/invite#${token}`],
    [
      'over the page that explains a certificate which no phone knows',
      { ...shared, encrypted: true },
      `http://192.168.1.20:8190/gatehouse/welcome?next=%2Fgatehouse%2Finvite#${token}`,
    ],
    [
      'over whatever page the code leads to',
      { ...shared, encrypted: true, codeUrl: 'http://192.168.1.20:8190/gatehouse/welcome' },
      `http://192.168.1.20:8190/gatehouse/welcome?next=%2Fgatehouse%2Finvite#${token}`,
    ],
    [
      'at once with a certificate that everybody knows',
      { ...shared, encrypted: true, codeUrl: 'https://pc.example:8190/' },
      `https://pc.example:8190/gatehouse/invite#${token}`,
    ],
  ])('leads there %s, with the token only behind #', (_how, sharing, link) => {
    const address = findInvitationAddress(sharing) ?? ''
    expect(toInvitationLink(address, token)).toBe(link)
    expect(findInvitationToken(new URL(link).hash)).toBe(token)
  })

  it('is nowhere while nothing is shared', () => {
    expect(findInvitationAddress({ ...shared, on: false })).toBeNull()
    expect(findInvitationAddress({ ...shared, codeUrl: null, primaryUrl: null })).toBeNull()
  })

  it.each(['', '#', '#short', `#${token}!`, `#${token}T`, '#<script>'])('finds no token in %j', (fragment) => {
    expect(findInvitationToken(fragment)).toBeUndefined()
  })
})
