import { describe, expect, it } from 'vitest'
import { findSecureUrl } from '../../../proxy/http/refusePlain.ts'

describe('where a port that speaks TLS only sends who came without', () => {
  it.each([
    ['192.168.1.20', 'https://192.168.1.20:8191/'],
    ['::ffff:192.168.1.20', 'https://192.168.1.20:8191/'],
    ['fd00::2', 'https://[fd00::2]:8191/'],
    // A tunnel may have brought them, a zone is nothing that browsers know, and a socket that is gone says nothing.
    ['127.0.0.1', undefined],
    ['::1', undefined],
    ['fe80::1%eth0', undefined],
    ['fe80::1', undefined],
    [undefined, undefined],
  ])('of %s is %s', (localAddress, url) => {
    expect(findSecureUrl({ ...(localAddress !== undefined && { localAddress }), localPort: 8191 })).toBe(url)
  })
})
