import { parentPort } from 'node:worker_threads'
import { Entry } from '@napi-rs/keyring'
import { keychainRequestSchema } from './keychainProtocol.ts'
import type { KeychainAnswer, KeychainRequest } from './keychainProtocol.ts'

/**
 * Runs in a worker thread: a locked keyring may ask its user something and block for as long as that takes.
 * On Linux the Secret Service is required by name, because the package would otherwise fall back to the kernel's
 * keyring in silence, which forgets everything at the next start of the computer.
 */
function answer(request: KeychainRequest): string | null {
  const entry = new Entry(request.service, request.account, { linux: { store: 'secret-service' } })
  switch (request.operation) {
    case 'get':
      return entry.getPassword()
    case 'set':
      entry.setPassword(request.value ?? '')
      return null
    case 'delete':
      entry.deletePassword()
      return null
  }
}

parentPort?.on('message', (message: unknown) => {
  const request = keychainRequestSchema.parse(message)
  let reply: KeychainAnswer
  try {
    reply = { id: request.id, value: answer(request), error: null }
  } catch (error) {
    reply = { id: request.id, value: null, error: error instanceof Error ? error.message : String(error) }
  }
  parentPort?.postMessage(reply)
})
