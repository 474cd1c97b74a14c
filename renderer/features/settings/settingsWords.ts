/** The truth about where secrets are, without alarm. */
export function describeSecrets(secrets: 'keychain' | 'file' | 'environment'): string {
  switch (secrets) {
    case 'keychain':
      return 'In your keychain. Passwords of people are stored as scrambled prints that nobody can read back.'
    case 'file':
      return 'Passwords are safe (stored as scrambled prints). No keychain is used here, so one key file is protected by your account only. Nothing to do at home.'
    case 'environment':
      return 'Passwords are safe (stored as scrambled prints). The keys come from the file that GATEHOUSE_SECRET_FILE names: keep that file, Gatehouse does not start without it.'
  }
}
