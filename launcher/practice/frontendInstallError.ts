export type FrontendInstallReason =
  | 'noPython'
  | 'noPip'
  | 'offline'
  | 'certificate'
  | 'notFound'
  | 'noSpace'
  | 'wrongHash'
  | 'badPackage'
  | 'cancelled'
  | 'failed'

/** Why the frontend was not installed; the message is a sentence for the owner, `details` the last lines of pip. */
export class FrontendInstallError extends Error {
  readonly reason: FrontendInstallReason
  readonly details: string
  constructor(reason: FrontendInstallReason, message: string, details: string) {
    super(message)
    this.name = 'FrontendInstallError'
    this.reason = reason
    this.details = details
  }
}

const FAILURES: readonly (readonly [pattern: RegExp, reason: FrontendInstallReason, message: string])[] = [
  [
    /No module named '?(pip|ensurepip)\b/,
    'noPip',
    'This Python has no pip. Install pip for it (on Debian and Ubuntu: the package python3-pip), then try again.',
  ],
  [
    /Python was not found|not recognized as an internal/i,
    'noPython',
    'Python was not found. Install Python 3.9 or newer, then try again.',
  ],
  [/No space left on device|not enough space|ENOSPC/i, 'noSpace', 'The disk is full. Make some room, then try again.'],
  [
    /CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError/,
    'certificate',
    'The connection to the package index could not be trusted (certificate). Check the date of this computer and the proxy or virus scanner, then try again.',
  ],
  [
    /name resolution|NewConnectionError|getaddrinfo failed|nodename nor servname|Network is unreachable|ConnectTimeoutError|ConnectionResetError|Connection refused|ProxyError|Read timed out|RemoteDisconnected/i,
    'offline',
    'The package index could not be reached. Check the internet connection (and the proxy, if you use one), then try again.',
  ],
  [
    /No matching distribution|Could not find a version/i,
    'notFound',
    'The package index that pip uses here does not have ComfyUI’s page, or this Python is too old (3.9 or newer is needed).',
  ],
]

/** Plain words for a failed pip, from what it printed. */
export function explainPipFailure(output: string): FrontendInstallError {
  const details = output.trim().split('\n').slice(-20).join('\n')
  const found = FAILURES.find(([pattern]) => pattern.test(output))
  if (found) return new FrontendInstallError(found[1], found[2], details)
  return new FrontendInstallError(
    'failed',
    'ComfyUI’s page could not be downloaded. What pip said last is in the details.',
    details,
  )
}
