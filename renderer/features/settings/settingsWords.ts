/** The truth about where secrets are, without alarm. */
export function describeSecrets(secrets: 'keychain' | 'file'): string {
  return secrets === 'keychain'
    ? 'In your keychain. Passwords of people are stored as scrambled prints that nobody can read back.'
    : 'Passwords are safe (stored as scrambled prints). This computer has no keychain, so one key file is protected by your account only. Nothing to do at home.'
}
