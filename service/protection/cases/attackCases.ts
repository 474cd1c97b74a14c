import type { AttackCase } from '../attackCase.ts'
import { wireCases } from './wire.ts'
import { withoutSignInCases } from './withoutSignIn.ts'

/** Every attack there is, in the order in which they are tried: what pauses an address comes last. */
export const attackCases: readonly AttackCase[] = [...withoutSignInCases, ...wireCases]
