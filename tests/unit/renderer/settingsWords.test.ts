import { describe, expect, it } from 'vitest'
import { describeSecrets } from '../../../renderer/features/settings/settingsWords.ts'

describe('where secrets are, in words', () => {
  it.each([
    ['keychain', 'In your keychain.', 'key file'],
    ['file', 'one key file is protected by your account only', 'In your keychain'],
    ['environment', 'does not start without it', 'your account only'],
  ] as const)('of %s', (secrets, says, saysNot) => {
    expect(describeSecrets(secrets)).toContain(says)
    expect(describeSecrets(secrets)).not.toContain(saysNot)
  })
})
