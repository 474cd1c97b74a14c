import type { SecretsChoice } from './secretStore.ts'

/**
 * How the environment wants secrets kept: GATEHOUSE_SECRET_FILE names a file to derive them from, GATEHOUSE_SECRETS=file
 * leaves the keychain out (for servers whose keychain nobody can unlock); otherwise the keychain where it works.
 */
export function chooseSecrets(
  environment: Readonly<Record<string, string | undefined>>,
  workerFile: string,
): SecretsChoice {
  const file = environment['GATEHOUSE_SECRET_FILE']
  if (file !== undefined && file !== '') return { kind: 'environment', file }
  return environment['GATEHOUSE_SECRETS'] === 'file' ? { kind: 'file' } : { kind: 'auto', workerFile }
}
