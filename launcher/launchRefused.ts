export type LaunchRefusedCode = 'NO_PLAN' | 'ARGUMENT_REFUSED' | 'PATH_REFUSED' | 'PORT_REFUSED'

/** The plan cannot be started as it is. The message is for the owner: plain words, and what to do. */
export class LaunchRefused extends Error {
  readonly code: LaunchRefusedCode
  constructor(code: LaunchRefusedCode, message: string) {
    super(message)
    this.name = 'LaunchRefused'
    this.code = code
  }
}
