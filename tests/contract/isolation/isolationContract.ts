/**
 * Two people in one engine: whatever one does, what the other sees of it is nothing. One suite for every engine, asked
 * directly as the gate asks it, and for the gate in front of one. Cases carry the numbers of the list of attacks.
 */
import { describe } from 'vitest'
import { describeForeignEvents } from './cases/socketCases.ts'
import { describeForeignFiles } from './cases/fileCases.ts'
import { describeForeignJobs } from './cases/executionCases.ts'
import { describeForeignUserData } from './cases/userDataCases.ts'
import type { IsolationContext } from './world.ts'

/** Declares the whole suite. @param context asked inside of cases only */
export function describeIsolation(name: string, context: IsolationContext): void {
  describe(name, () => {
    describeForeignFiles(context)
    describeForeignUserData(context)
    describeForeignJobs(context)
    describeForeignEvents(context)
  })
}
