import { hashRequestSchema } from './hashProtocol.ts'
import type { HashAnswer, HashRequest } from './hashProtocol.ts'
import { systemArgon2 } from './passwordHasher.ts'

/*
 * A process of its own that hashes passwords, at a low priority: whoever floods the gate with sign-ins takes the time
 * that nobody else needs. It opens no file, knows no account, and writes nothing anywhere.
 */

async function answer(request: HashRequest): Promise<HashAnswer> {
  const { id } = request
  try {
    if (request.kind === 'hash') {
      return { id, kind: 'hashed', hash: await systemArgon2.hash(request.text, request.parameters) }
    }
    return { id, kind: 'verified', isRight: await systemArgon2.verify(request.hash, request.text) }
  } catch (error) {
    // Of argon2 itself, such as a hash that is none: it never repeats what it was given.
    return { id, kind: 'failed', message: error instanceof Error ? error.message : 'unknown' }
  }
}

process.on('message', (message: unknown) => {
  const parsed = hashRequestSchema.safeParse(message)
  if (!parsed.success) process.exit(2)
  else void answer(parsed.data).then((told) => process.send?.(told))
})
process.on('disconnect', () => process.exit(0))
