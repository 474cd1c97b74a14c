import type { AttackCase } from '../attackCase.ts'
import { fileCases } from './files.ts'
import { jobCases } from './jobs.ts'
import { pauseCases } from './pauses.ts'
import { peopleCases } from './people.ts'
import { sessionCases } from './sessions.ts'
import { signInCases } from './signIn.ts'
import { wireCases } from './wire.ts'
import { withoutSignInCases } from './withoutSignIn.ts'

/** Every attack there is, in the order in which they are tried: what pauses an address comes last. */
export const attackCases: readonly AttackCase[] = [
  ...withoutSignInCases,
  ...wireCases,
  ...peopleCases,
  ...jobCases,
  ...fileCases,
  ...sessionCases,
  // Wrong passwords count against the address, and some systems have only one.
  ...signInCases,
  ...pauseCases,
]
