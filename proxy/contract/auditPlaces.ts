/** Where an address is: on this computer, in a home's or company's network, or anywhere else. Unknown ones count as at home. */
export function whereFrom(address: string | null): 'here' | 'home' | 'outside' {
  if (address === null || address === '') return 'home'
  const plain = address.toLowerCase().replace(/^::ffff:/, '')
  if (plain === '::1' || plain.startsWith('127.')) return 'here'
  return home.some((pattern) => pattern.test(plain)) ? 'home' : 'outside'
}

/** RFC 1918, 3927 and 6598, and of IPv6 the unique local and link-local ones (RFC 4193 and 4291). */
const home: readonly RegExp[] = [
  /^10\./,
  /^192\.168\./,
  /^172\.(?:1[6-9]|2\d|3[01])\./,
  /^169\.254\./,
  /^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
  /^f[cd][0-9a-f]{2}:/,
  /^fe[89ab][0-9a-f]:/,
]
