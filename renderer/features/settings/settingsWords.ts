/** The truth about where secrets are, without alarm. */
export function describeSecrets(secrets: 'keychain' | 'file' | 'environment'): string {
  switch (secrets) {
    case 'keychain':
      return 'In your keychain. People’s passwords are stored so that nobody can read them back.'
    case 'file':
      return 'People’s passwords are stored so that nobody can read them back. No keychain is used here, so one key file is protected by your account only. Nothing to do at home.'
    case 'environment':
      return 'People’s passwords are stored so that nobody can read them back. Gatehouse’s own secret keys come from a file that was named when it was set up: keep that file, Gatehouse does not start without it.'
  }
}

/** What closing the window does while something is served; undefined while that is not known. */
export function describeClosing(hasTray: boolean | undefined): string {
  return hasTray === false
    ? 'While ComfyUI runs or sharing is on. This desktop shows no icons of running programs, so the window is minimised.'
    : 'While ComfyUI runs or sharing is on. The icon by the clock brings the window back.'
}
